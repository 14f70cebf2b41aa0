from hypothesis import given
from hypothesis import strategies as st

from gateway.webrtc.transport.framing import LARGEST_FRAME, Deframer, frame, frames

DATAGRAMS = st.lists(st.binary(min_size=1, max_size=60), max_size=20)


@given(DATAGRAMS, st.lists(st.integers(1, 40), max_size=60))
def test_frames_come_out_the_same_however_the_stream_is_cut(datagrams: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(frame, datagrams))
    deframer, found, at = Deframer(), list[bytes](), 0
    for cut in [*cuts, len(stream)]:
        some, sound = deframer.feed(stream[at : at + cut])
        assert sound
        found += some
        at += cut
    assert found == datagrams


@given(st.lists(st.binary(max_size=5000), max_size=8))
def test_garbage_is_never_kept_beyond_one_frame(pieces: list[bytes]) -> None:
    deframer = Deframer()
    for piece in pieces:
        found, sound = deframer.feed(piece)
        assert all(0 < len(datagram) <= LARGEST_FRAME for datagram in found)
        if not sound:
            return
        assert deframer.kept < LARGEST_FRAME + 2


def test_an_impossible_length_ends_the_stream_after_the_frames_before_it() -> None:
    assert Deframer().feed(frame(b"one") + b"\xff\xff" + bytes(10)) == ([b"one"], False)
    assert Deframer().feed(b"\0\0") == ([], False)


def test_a_run_is_framed_packet_by_packet() -> None:
    assert frames(b"onetwoend.", 3) == frame(b"one") + frame(b"two") + frame(b"end") + frame(b".")
    assert frames(b"one", 3) == frame(b"one")
