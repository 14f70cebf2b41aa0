"""Looks at pictures: whether a camera shows anything, and whether it still is what it was."""
