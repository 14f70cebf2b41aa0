"""What a simulated camera sees: a scene with the time in its pixels, drawn and encoded."""
