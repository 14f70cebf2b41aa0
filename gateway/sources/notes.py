"""What district IT should know of a stream that plays, in words. Pure."""

from collections.abc import Sequence

from gateway.sources.rtsp.transport import Carrier

LATE = {
    True: "The pictures come late: the network does not carry this stream.",
    False: "The camera itself is late with its pictures: lower its load, or restart it.",
}
"""By whether the delay lies in the connection."""


def transport_notes(configured_host: str, host: str, refused: Sequence[Carrier], carrier: Carrier) -> tuple[str, ...]:
    """Where what is in use is not what was asked for first."""
    found = []
    if host != configured_host:
        found.append(f"The camera sent us on to {host}.")
    if refused:
        words = " or ".join(each.upper() for each in refused)
        found.append(f"The camera does not send over {words}: it is pulled over {carrier.upper()}.")
    return tuple(found)
