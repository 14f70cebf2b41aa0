"""Offer and answer: SDP, payload formats, trickle fragments, ICE servers. Pure: no sockets, no clocks."""
