"""Compares Sightline with other software that does the same work. ``python -m bench --help``."""
