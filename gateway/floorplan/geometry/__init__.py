"""Computes positions, what cameras can see, and walking routes, in metres. Pure: shapely, numpy and pyproj compute, and
nothing is read."""
