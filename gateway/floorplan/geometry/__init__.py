"""Computes positions, what cameras can see, and ways on foot, in metres. Pure: shapely, numpy and pyproj compute, and
nothing is read."""
