"""Sightline measured against other software doing the same work. ``python -m bench --help``."""
