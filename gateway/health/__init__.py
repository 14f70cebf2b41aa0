"""Decodes a keyframe now and then, to find out if a camera's picture changes, and for still pictures."""
