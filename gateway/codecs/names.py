"""The codecs that the gateway accepts and sends, by their RTP encoding names. Pure."""

H264, H265, JPEG = "H264", "H265", "JPEG"
PCMU, PCMA = "PCMU", "PCMA"

VIDEO = (H264, H265, JPEG)
"""The codecs that are pulled from cameras, best first."""
AUDIO = (PCMU, PCMA)
"""G.711 (RFC 3551 4.5.14)."""
STATIC_PAYLOAD_TYPES = {"0": "PCMU/8000", "8": "PCMA/8000", "26": "JPEG/90000"}
"""Payload types that need no rtpmap (RFC 3551 6)."""

_WORDS = {H264: "H.264", H265: "H.265", JPEG: "MJPEG"}


def words(codec: str) -> str:
    """Return the name that people use for a codec."""
    return _WORDS.get(codec, codec)
