"""Sightline is a video-sharing gateway between a school district's cameras and the police.

A picture travels sources -> relay -> webrtc. A permission travels incidents -> access -> auth -> webrtc.
ARCHITECTURE.md says what lives where and what may not happen there.
"""

__version__ = "0.1.0"
