"""Frames arrive intact however the stream is cut. A frame that is too long ends the stream before any of it is
stored."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.subprocesses import frames
from gateway.subprocesses.frames import Frames, frame


@given(st.lists(st.binary(max_size=200), max_size=8), st.lists(st.integers(1, 60)))
def test_frames_arrive_intact_however_the_stream_is_cut(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(frame, bodies))
    reader, heard = Frames(), list[bytes]()
    for cut in [*cuts, len(stream)]:
        piece, stream = stream[:cut], stream[cut:]
        heard += reader.feed(piece)
    heard += reader.feed(stream)
    assert heard == bodies


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_garbage_is_refused_or_waited_out(pieces: list[bytes]) -> None:
    reader = Frames()
    with contextlib.suppress(Malformed):
        for piece in pieces:
            list(reader.feed(piece))


def test_a_length_over_the_limit_is_refused_before_anything_is_stored() -> None:
    with pytest.raises(Malformed):
        list(Frames().feed((frames.LIMIT + 1).to_bytes(4, "big")))


def test_a_body_over_the_limit_is_not_framed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "LIMIT", 6)
    frame(b"sixsix")
    with pytest.raises(ValueError, match="do not fit"):
        frame(b"sevenup")
