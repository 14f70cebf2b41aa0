"""The pictures of a simulated camera: a scene with the time in its pixels, drawn and encoded."""
