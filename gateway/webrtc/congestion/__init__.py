"""Estimates how much a viewer's link carries, and decides which stream fits it. Pure: time is an argument."""
