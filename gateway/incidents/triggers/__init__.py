"""Ways in which an incident begins. A trigger authenticates, normalises and calls the service."""
