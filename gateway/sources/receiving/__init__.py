"""Turns the RTP and RTCP of one connection into access units, sound and sender reports, within limits. Pure: it opens
no socket and reads no clock."""
