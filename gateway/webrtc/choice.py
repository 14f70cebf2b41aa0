"""Chooses which of a camera's streams a viewer is sent, best first, and says why. Pure.

If the viewer can decode the stream, it is sent as the camera sends it. Otherwise the viewer gets the camera's other
stream, if it can decode that one. Only as a last resort does it get the camera's one transcode, which all such viewers
share.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway.codecs.names import H264, H265, words
from gateway.models import StreamName
from gateway.relay.history import History

NAMES = {StreamName.MAIN: "main stream", StreamName.SUB: "substream"}
_EVERY_BROWSER = frozenset({H264})
_NO_KEYFRAME = "sends no keyframe (IDR), which a viewer needs to start"
_SOME_BROWSERS = frozenset({H264, H265})


@dataclass(frozen=True, slots=True)
class Pulled:
    """Describes a stream as the camera sends it.

    ``codec`` is an RTP encoding name, or "" while it is unknown. ``passes`` is False if the stream has B-frames and the
    camera's setting has them transcoded. ``begins`` is False if it has no keyframe with which a viewer could begin, but
    a transcode can begin with it.
    """

    codec: str = ""
    passes: bool = True
    begins: bool = True


class Choice(NamedTuple):
    """Names a stream to send, with the reason as a sentence."""

    stream: StreamName
    why: str


def choose(
    streams: Mapping[StreamName, Pulled], decodes: Container[str], wish: StreamName = StreamName.MAIN
) -> tuple[Choice, ...]:
    """Return the streams that can be sent to a viewer, best first; empty if there are none.

    ``streams`` are the camera's. They contain ``TRANSCODED``, with any value, if a transcode may be made. ``decodes``
    holds the RTP encoding names in the viewer's offer, and ``wish`` is the stream that it asked for. An unknown codec
    is assumed to be H.264, which nearly every camera sends.
    """
    order = (StreamName.SUB, StreamName.MAIN) if wish is StreamName.SUB else (StreamName.MAIN, StreamName.SUB)
    obstacles = {name: _obstacle(streams[name], decodes) for name in order if name in streams}
    choices, in_the_way = [], ""
    for name, obstacle in obstacles.items():
        if obstacle:
            in_the_way = in_the_way or f"The {NAMES[name]} {obstacle}."
        else:
            choices.append(Choice(name, in_the_way or "It is sent as the camera sends it."))
    if in_the_way and StreamName.TRANSCODED in streams and H264 in decodes:
        choices.append(Choice(StreamName.TRANSCODED, in_the_way))
    else:  # a viewer who opens it waits for a keyframe, and is shown one if it arrives
        choices += [Choice(name, f"The {NAMES[name]} {why}.") for name, why in obstacles.items() if why == _NO_KEYFRAME]
    return tuple(choices)


def delivery(streams: Mapping[StreamName, Pulled]) -> str:
    """Say what viewers of this camera get, in a sentence or two for its status."""
    every, some = (next(iter(choose(streams, decodes)), None) for decodes in (_EVERY_BROWSER, _SOME_BROWSERS))
    if every == some:
        return f"All viewers get {_words(streams, every)}."
    return f"Browsers that decode H.265 get {_words(streams, some)}; all others get {_words(streams, every)}."


def waits(history: History, *, begins: bool) -> tuple[str, ...]:
    """Return a note for the camera's status if a viewer who opens it now would see nothing before the next keyframe.
    ``begins`` as in ``Pulled``."""
    if not history.gave_up or not begins:
        return ()
    return (
        "The camera sends keyframes so rarely that a viewer who opens it now waits for the next one: set it to one "
        "every two seconds.",
    )


def _obstacle(stream: Pulled, decodes: Container[str]) -> str:
    codec = stream.codec or H264
    if codec not in decodes:
        return f"is {words(codec)}, which the viewer does not decode"
    if not stream.passes:
        return "has B-frames, which the camera's setting has transcoded"
    return "" if stream.begins else _NO_KEYFRAME


def _words(streams: Mapping[StreamName, Pulled], choice: Choice | None) -> str:
    if choice is None:
        return "no picture: they can decode none of this camera's streams"
    if choice.stream is StreamName.TRANSCODED:
        source = streams[StreamName.MAIN]
        why = words(source.codec or H264)
        if not source.passes:
            why = f"{why} with B-frames"
        elif not source.begins:
            why = f"{why} without keyframes"
        return f"one shared transcode of the main stream ({why}) to H.264"
    if not streams[choice.stream].begins:
        return (
            "no picture: the camera sends no keyframes (IDR), which browsers need to start; turn them on, one every "
            "two seconds, or allow transcodes (`media.transcoding.at_once`)"
        )
    codec = streams[choice.stream].codec
    return f"the {NAMES[choice.stream]} as it is" + (f" ({words(codec)})" if codec else "")
