"""Messages between processes survive any cutting of the stream; what is none of ours ends it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.media import wire
from gateway.media.wire import Decoder, Kind, MalformedMessage, Message, encode

MESSAGES = st.builds(
    Message,
    kind=st.sampled_from(Kind),
    number=st.integers(0, 2**32 - 1),
    name=st.text("abcdefghijklmnopqrstuvwxyz_", max_size=40),
    body=st.binary(max_size=200),
)


@given(st.lists(MESSAGES, max_size=8), st.lists(st.integers(1, 60)))
def test_what_was_sent_arrives_however_the_stream_is_cut(messages: list[Message], cuts: list[int]) -> None:
    stream = b"".join(map(encode, messages))
    decoder, heard = Decoder(), list[Message]()
    for cut in [*cuts, len(stream)]:
        piece, stream = stream[:cut], stream[cut:]
        heard += decoder.feed(piece)
    heard += decoder.feed(stream)
    assert heard == messages


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_garbage_is_refused_or_waited_out(pieces: list[bytes]) -> None:
    decoder = Decoder()
    with contextlib.suppress(MalformedMessage):
        for piece in pieces:
            list(decoder.feed(piece))


def test_a_length_over_the_limit_is_refused_before_anything_is_kept_for_it() -> None:
    with pytest.raises(MalformedMessage):
        list(Decoder().feed((wire.LIMIT + 1).to_bytes(4, "big") + bytes(6)))


def test_a_message_over_the_limit_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LIMIT", 10)
    encode(Message(Kind.TELL, 0, "four", b"sixsix"))
    with pytest.raises(ValueError, match="do not fit"):
        encode(Message(Kind.TELL, 0, "four", b"sevenup"))
