"""Viewer side: one UDP port, ICE-lite, DTLS, SRTP, WHEP sessions. Knows a grant only as something that ends."""
