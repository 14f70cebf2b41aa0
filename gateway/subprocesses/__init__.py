"""Carries messages between our processes: frames on a byte stream, and the typed values in them."""
