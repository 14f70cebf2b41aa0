"""Runs the media of cameras, from pull to viewer, in this process or divided by camera among worker processes.

The layers above (viewing, the routes) see ``interface.Media`` and do not know which of the two they have.
"""
