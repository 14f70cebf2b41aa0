"""Looks at pictures, to find out if a camera still shows something and if that changes."""
