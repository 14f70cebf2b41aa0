"""Reads, checks and shows floor plans: buildings, floors, rooms, doors and cameras, in metres from the site's
anchor."""
