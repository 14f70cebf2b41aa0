"""Handles what H.264 and H.265 have in common: NAL units, slices, access units, parameter sets. Pure."""
