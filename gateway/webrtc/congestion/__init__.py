"""How much a viewer's link carries, and which stream that is enough for. Pure: time is an argument."""
