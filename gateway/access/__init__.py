"""May you: one pure policy, and the grants that live and die by it. The only place where permission is decided."""
