"""Sends one viewer its RTP: decides what to send and when, and acts on the viewer's RTCP."""
