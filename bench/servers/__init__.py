"""The servers under test: this gateway, and others that do the same work. Nothing here measures anything."""
