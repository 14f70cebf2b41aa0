"""Notes for district IT about a stream that is playing. Pure."""

from collections.abc import Sequence

from gateway.sources.rtsp.protocol.address import Place
from gateway.sources.rtsp.protocol.events import Playing
from gateway.sources.rtsp.protocol.transport import Carrier, Unicast

REPORT_LATE = 30.0
"""Seconds after which a sender report should have arrived: cameras send one every few seconds."""
LATE = {
    True: "The pictures arrive late: the network cannot carry this stream.",
    False: "The camera itself is late with its pictures: lower its load, or restart it.",
}
"""Keyed by True if the delay is in the connection."""


def redirected(configured: Place | None, place: Place) -> tuple[str, ...]:
    """Return a note if the camera redirected the gateway from the configured address."""
    return () if place == configured else (f"The camera redirected the gateway to {place}.",)


def carried(refused: Sequence[Carrier], carrier: Carrier, why_no_datagrams: str) -> tuple[str, ...]:
    """Return notes if the stream is not carried as first requested: the camera refused that, or UDP was given up."""
    found = []
    if refused:
        words = " or ".join(each.upper() for each in refused)
        found.append(f"The camera does not send over {words}: it is pulled over {carrier.upper()}.")
    if why_no_datagrams and carrier is Carrier.TCP:
        found.append(f"{why_no_datagrams}: it is pulled over TCP.")
    return tuple(found)


def silent(playing: Playing | None) -> tuple[str, ...]:
    """Say why a stream has no sound although the configuration enables it."""
    if playing is None or playing.sound is not None:
        return ()
    description = playing.description
    if description.other_sound:
        return (f"The camera's sound is {description.other_sound}: set it to G.711 (PCMU or PCMA).",)
    if description.audio is None:
        return ("The camera offers no sound with this stream: turn it on at the camera.",)
    if isinstance(playing.transport, Unicast):
        return ("Sound is only supported over TCP, and this stream arrives over UDP.",)
    return ("The camera refuses to send its sound.",)


def losing(fraction: float) -> str:
    """Say which fraction of a camera's datagrams is lost on the way."""
    return f"The network loses {fraction:.1%} of the camera's datagrams"


def unreported(seconds: float) -> tuple[str, ...]:
    """Say how pictures can get a verified age if no sender report has arrived for this many seconds."""
    if seconds < REPORT_LATE:
        return ()
    return (
        "This stream has no sender reports (RTCP), so its age is UNVERIFIED, counted since arrival, even with "
        "`clock: trusted`. Turn RTCP on at the camera. If the stream comes through a relay that sends none, such as "
        "go2rtc, set the camera's own address as `url`.",
    )
