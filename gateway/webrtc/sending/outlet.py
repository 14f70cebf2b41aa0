"""Describes how the packets of one stream are sent to one viewer. Pure."""

from typing import NamedTuple

from gateway.relay.history import History


class Outlet(NamedTuple):
    """Says how one stream is sent to this viewer.

    ``shift`` is added to RTP timestamps (mod 2^32). ``kind`` is the payload type. ``repeats`` is that of
    retransmissions (RFC 4588), or None if the packets themselves are sent again.
    """

    history: History
    shift: int
    kind: int
    repeats: int | None
