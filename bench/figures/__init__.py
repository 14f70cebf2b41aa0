"""Shows and judges figures: tables, charts and targets. Pure."""
