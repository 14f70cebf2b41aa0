"""Reads offers and writes answers: SDP, payload formats, trickle fragments, ICE servers. Pure: no sockets, no
clocks."""
