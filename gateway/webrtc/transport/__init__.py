"""Carries bytes to and from one viewer: STUN, ICE-lite, UDP, TCP, DTLS, SRTP. It knows nothing about cameras or
pictures.
"""
