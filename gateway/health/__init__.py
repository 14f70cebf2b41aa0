"""Decodes a keyframe now and then, to find out whether a camera's picture changes, and for still pictures."""
