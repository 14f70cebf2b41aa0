"""Serves viewers: one media port, ICE-lite, DTLS, SRTP and WHEP sessions. To this package, a grant is only something
that ends.
"""
