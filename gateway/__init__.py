"""Sightline: a video-sharing gateway between a school district's cameras and the police.

The way of a picture: sources -> relay -> webrtc.  The way of a permission: incidents -> access -> auth -> webrtc.
ARCHITECTURE.md tells what lives where and what may not happen there.
"""

__version__ = "0.1.0"
