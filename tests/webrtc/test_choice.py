from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.models import StreamName
from gateway.relay import gop
from gateway.relay.history import History
from gateway.relay.packet_group import PacketGroup
from gateway.webrtc.choice import Pulled, choose, delivery, waits

MAIN, SUB, TRANSCODED = StreamName.MAIN, StreamName.SUB, StreamName.TRANSCODED
H264, H265, JPEG = Pulled("H264"), Pulled("H265"), Pulled("JPEG")
B_FRAMES = Pulled("H264", passes=False)
NO_KEYFRAMES = Pulled("H264", begins=False)
MAY_TRANSCODE = {TRANSCODED: Pulled()}
PLAIN, MODERN = frozenset({"H264"}), frozenset({"H264", "H265"})


@pytest.mark.parametrize(
    ("streams", "decodes", "wish", "expected"),
    [
        ({MAIN: H264, SUB: H264}, PLAIN, MAIN, [MAIN, SUB]),
        ({MAIN: H264, SUB: H264}, PLAIN, SUB, [SUB, MAIN]),
        ({MAIN: Pulled(), SUB: Pulled()}, PLAIN, MAIN, [MAIN, SUB]),
        ({MAIN: H265, SUB: H264}, MODERN, MAIN, [MAIN, SUB]),
        ({MAIN: H265, SUB: H264}, PLAIN, MAIN, [SUB, TRANSCODED]),
        ({MAIN: H265, SUB: H265}, PLAIN, SUB, [TRANSCODED]),
        ({MAIN: H265}, MODERN, MAIN, [MAIN]),
        ({MAIN: JPEG}, MODERN, MAIN, [TRANSCODED]),
        ({MAIN: JPEG, SUB: H264}, MODERN, MAIN, [SUB, TRANSCODED]),
        ({MAIN: B_FRAMES, SUB: H264}, PLAIN, MAIN, [SUB, TRANSCODED]),
        ({MAIN: B_FRAMES}, PLAIN, SUB, [TRANSCODED]),
        ({MAIN: NO_KEYFRAMES, SUB: H264}, PLAIN, MAIN, [SUB, TRANSCODED]),
        ({MAIN: NO_KEYFRAMES}, PLAIN, MAIN, [TRANSCODED]),
        ({MAIN: Pulled("H265", begins=False)}, MODERN, MAIN, [TRANSCODED]),
        ({MAIN: H264}, PLAIN, TRANSCODED, [MAIN]),
    ],
)
def test_streams_are_listed_best_first(
    streams: dict[StreamName, Pulled], decodes: frozenset[str], wish: StreamName, expected: list[StreamName]
) -> None:
    assert [choice.stream for choice in choose(streams | MAY_TRANSCODE, decodes, wish)] == expected


def test_if_nothing_can_be_played_or_transcoded_nothing_is_chosen() -> None:
    assert choose({MAIN: JPEG}, PLAIN) == ()


def test_if_nothing_may_be_transcoded_viewers_wait_for_a_possible_keyframe() -> None:
    assert [choice.stream for choice in choose({MAIN: NO_KEYFRAMES}, PLAIN)] == [MAIN]
    assert [choice.stream for choice in choose({MAIN: NO_KEYFRAMES, SUB: H264}, PLAIN)] == [SUB, MAIN]


def test_the_reason_names_what_prevented_a_better_choice() -> None:
    first, second = choose({MAIN: H265, SUB: H264} | MAY_TRANSCODE, PLAIN)
    assert first.why == second.why == "The main stream is H.265, which the viewer does not decode."
    (only,) = choose({MAIN: B_FRAMES} | MAY_TRANSCODE, PLAIN)
    assert "B-frames" in only.why


@pytest.mark.parametrize(
    ("streams", "sentence"),
    [
        ({MAIN: Pulled()}, "All viewers get the main stream as it is."),
        ({MAIN: H264, SUB: H264}, "All viewers get the main stream as it is (H.264)."),
        (
            {MAIN: H265, SUB: H264},
            "Browsers that decode H.265 get the main stream as it is (H.265); all others get the substream as it is "
            "(H.264).",
        ),
        (
            {MAIN: H265},
            "Browsers that decode H.265 get the main stream as it is (H.265); all others get one shared transcode of "
            "the main stream (H.265) to H.264.",
        ),
        ({MAIN: JPEG}, "All viewers get one shared transcode of the main stream (MJPEG) to H.264."),
        (
            {MAIN: NO_KEYFRAMES},
            "All viewers get one shared transcode of the main stream (H.264 without keyframes) to H.264.",
        ),
        ({MAIN: B_FRAMES}, "All viewers get one shared transcode of the main stream (H.264 with B-frames) to H.264."),
    ],
)
def test_the_status_says_what_viewers_get(streams: dict[StreamName, Pulled], sentence: str) -> None:
    assert delivery(streams | MAY_TRANSCODE) == sentence


def test_the_status_says_so_if_viewers_get_nothing() -> None:
    assert "no picture" in delivery({MAIN: JPEG})
    words = delivery({MAIN: NO_KEYFRAMES})
    assert "All viewers get no picture: the camera sends no keyframes (IDR)" in words
    assert "`media.transcoding.at_once`" in words


PULLED = st.builds(Pulled, st.sampled_from(["", "H264", "H265", "JPEG"]), st.booleans(), st.booleans())


@given(
    st.dictionaries(st.sampled_from(StreamName), PULLED),
    st.frozensets(st.sampled_from(["H264", "H265"])),
    st.sampled_from(StreamName),
)
def test_the_chosen_stream_exists_and_can_be_played(
    streams: dict[StreamName, Pulled], decodes: frozenset[str], wish: StreamName
) -> None:
    chosen = [choice.stream for choice in choose(streams, decodes, wish)]
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(streams)
    for name in set(chosen) - {TRANSCODED}:
        assert streams[name].passes
        assert (streams[name].codec or "H264") in decodes
    assert TRANSCODED not in chosen or "H264" in decodes, "a transcode is H.264"


def test_a_stream_that_can_be_played_as_it_is_is_never_transcoded() -> None:
    for main, sub in product((H264, H265), repeat=2):
        assert TRANSCODED not in [choice.stream for choice in choose({MAIN: main, SUB: sub} | MAY_TRANSCODE, MODERN)]


def test_a_camera_whose_keyframes_are_too_rare_to_begin_with_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gop, "GOP_GROUPS", 3)
    history = History()
    assert waits(history, begins=True) == ()
    for number in range(5):
        history.add(PacketGroup((b"x",), number, number == 0, number / 10, history.next))
    assert waits(history, begins=False) == (), "a transcode begins"
    [note] = waits(history, begins=True)
    assert "a viewer who opens it now waits" in note
