"""How the gateway talks to processes of its own: frames of a byte stream, and the typed values in them."""
