"""The media of cameras, from pull to viewer: in this process, or sharded by camera over worker processes.

What stands above (viewing, the routes) sees ``interface.Media`` and does not know which of the two it is.
"""
