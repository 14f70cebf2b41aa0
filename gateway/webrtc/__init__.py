"""Serves viewers: one media port, ICE-lite, DTLS, SRTP and WHEP sessions. It knows a grant only as something that
ends."""
