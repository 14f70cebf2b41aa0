"""The size of the RTP payloads that viewers get. Pure."""

LIMIT = 1140
"""The largest payload in bytes: with RTP header, extensions and SRTP tag, no datagram exceeds 1200."""
