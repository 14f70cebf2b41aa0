"""Carries bytes to and from one viewer: STUN, ICE-lite, UDP, TCP, DTLS, SRTP. Knows nothing of cameras or pictures."""
