"""Sends one viewer its RTP: what is sent, when, and what the viewer's RTCP says about it."""
