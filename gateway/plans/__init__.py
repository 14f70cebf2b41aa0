"""Keeps each school's floor plan: the version in use, its earlier versions, and the draft that somebody is working
on. What a plan is, and what can be computed from it, is in ``floorplan``."""
