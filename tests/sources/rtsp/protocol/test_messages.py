from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.messages import (
    Frames,
    Headers,
    Message,
    Noise,
    Request,
    Response,
    encode,
    encode_frame,
)
from gateway.sources.rtsp.protocol.reader import MAX_NOISE, Reader
from gateway.sources.rtsp.protocol.text_message import MAX_BODY, MAX_HEAD

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n"


def read(data: bytes) -> list[Message]:
    return Reader().feed(data)


def test_an_answer_with_a_body_is_read() -> None:
    (answer,) = read(ANSWER)
    assert answer == Response(200, Headers((("cseq", "2"), ("content-length", "4"))), b"v=0\n")


def test_bare_line_feeds_end_lines_too() -> None:
    (answer,) = read(ANSWER.replace(b"\r\n", b"\n"))
    assert isinstance(answer, Response)
    assert (answer.headers.get("CSeq"), answer.body) == ("2", b"v=0\n")


def test_repeated_folded_and_broken_headers_are_read() -> None:
    (answer,) = read(
        b'RTSP/1.0 401 \r\nWWW-Authenticate: Digest realm="a",\r\n  nonce="b"\r\nno colon here\r\nBell: \x07\r\n'
        b"WWW-Authenticate: Basic\r\n\r\n"
    )
    assert isinstance(answer, Response)
    assert answer.headers.all("www-authenticate") == ['Digest realm="a", nonce="b"', "Basic"]
    assert answer.headers.get("bell") == ""


def test_frames_answers_and_the_cameras_requests_are_read_from_one_stream() -> None:
    stream = (
        encode_frame(0, b"rtp") + b"\r\n" + ANSWER + b"\0\0" + b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n" + b"$\x01\0\0"
    )
    frame, answer, request, empty = read(stream)
    assert frame == Frames(0, [b"rtp"])
    assert isinstance(answer, Response)
    assert request == Request("OPTIONS", Headers((("cseq", "9"),)))
    assert empty == Frames(1, [b""])


def test_frames_of_one_channel_are_delivered_together() -> None:
    stream = encode_frame(0, b"one") + encode_frame(0, b"") + encode_frame(1, b"report") + encode_frame(0, b"two")
    assert read(stream) == [Frames(0, [b"one", b""]), Frames(1, [b"report"]), Frames(0, [b"two"])]


@pytest.mark.parametrize("noise", [b"\xff\xfe\xfd", b"ICY 400 Bad\n", b"lower case", b"RTSP/1.0 OK\r\n", b"A" * 3000])
def test_the_next_message_is_found_after_noise(noise: bytes) -> None:
    assert read(noise + ANSWER)[1:] == read(ANSWER)
    assert isinstance(read(noise + ANSWER)[0], Noise)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff" * (MAX_NOISE + 1), id="nothing but noise"),
        pytest.param(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * (MAX_HEAD // 6 + 1), id="endless header"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), id="huge body"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", id="negative body"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: \xc2\xb2\r\n\r\n", id="length in another script"),
    ],
)
def test_exceeding_a_limit_ends_the_connection(data: bytes) -> None:
    with pytest.raises(CameraError) as caught:
        read(data)
    assert caught.value.reason is SourceReason.MALFORMED


PIECES = st.one_of(
    st.builds(encode_frame, st.integers(0, 255), st.binary(max_size=50)),
    st.sampled_from([ANSWER, ANSWER.replace(b"\r", b""), b"SET_PARAMETER * RTSP/1.0\r\n\r\n", b"\r\n", b"RTSP/", b"$"]),
    st.binary(max_size=20),
)


@pytest.mark.parametrize("message", [ANSWER, b"SET_PARAMETER * RTSP/1.0\r\n\r\n"])
def test_an_underscore_before_a_message_never_hides_it_however_it_is_chunked(message: bytes) -> None:
    stream = b"_" + message
    assert read(stream)[1:] == read(message)
    reader = Reader()
    assert [found for byte in stream for found in reader.feed(bytes((byte,)))] == read(stream)


def apart(message: Message) -> list[Message]:
    return [Frames(message.channel, [one]) for one in message.packets] if isinstance(message, Frames) else [message]


@given(st.lists(PIECES, max_size=12).map(b"".join), st.data())
def test_chunking_changes_nothing(stream: bytes, data: st.DataObject) -> None:
    def outcome(chunks: list[bytes]) -> list[Message] | None:
        reader = Reader()
        try:
            return [single for chunk in chunks for message in reader.feed(chunk) for single in apart(message)]
        except CameraError:
            return None

    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole = outcome([stream])
    assert outcome(chunks) == whole
    assert outcome([bytes((byte,)) for byte in stream]) == whole


def frames(count: int) -> list[bytes]:
    return [encode_frame(0, b"\x80\x60" + bytes((number,)) + b"$picture" * (40 + number)) for number in range(count)]


def heard(chunks: list[bytes]) -> list[int]:
    """Return the numbers of the frames that arrive whole, whatever the others contain."""
    reader, found = Reader(), list[int]()
    reader.channels = frozenset({0, 1})
    whole = {frame[4:]: number for number, frame in enumerate(frames(12))}
    for chunk in chunks:
        for message in reader.feed(chunk):
            if isinstance(message, Frames):
                found += [whole[packet] for packet in message.packets if packet in whole]
    return found


@given(st.integers(0, 10), st.integers(1, 300), st.booleans(), st.integers(1, 4000))
def test_a_partly_written_frame_loses_itself_and_at_most_two_more(
    broken: int, written: int, again: bool, size: int
) -> None:
    sent = frames(12)
    sent[broken] = sent[broken][: 4 + written] + (sent[broken] if again else b"")
    stream = b"".join(sent)
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert heard([stream]) == [number for number in range(12) if again or number != broken]
    missing = set(range(12)) - set(heard(chunks))
    assert missing <= {broken, broken + 1, broken + 2}


def test_a_frame_on_an_unknown_channel_does_not_affect_the_one_before_it() -> None:
    one, *_ = frames(1)
    assert heard([one + encode_frame(7, b"metadata") + one]) == [0, 0]


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_raise_camera_errors_or_nothing_once_channels_are_known(chunks: list[bytes]) -> None:
    reader = Reader()
    reader.channels = frozenset({0, 1})
    with suppress(CameraError):
        for chunk in chunks:
            reader.feed(b"$\0\0\2ab" + chunk)


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks HTTP, not RTSP"),
        (b"SSH-2.0-dropbear\r\n", "speaks SSH, not RTSP"),
        (b"\x15\x03\x01\0\2\2\x46", "speaks TLS: use an rtsps:// address"),
    ],
)
def test_a_port_that_speaks_something_else_is_named(greeting: bytes, words: str) -> None:
    with pytest.raises(CameraError, match=words) as caught:
        read(greeting)
    assert caught.value.reason is SourceReason.UNSUPPORTED


@given(st.binary(max_size=300))
def test_any_bytes_raise_camera_errors_or_nothing(data: bytes) -> None:
    for stream in (data, b"RTSP/1.0 200 OK\r\n" + data + b"\r\n\r\n"):
        with suppress(CameraError):
            read(stream)


def test_requests_cannot_smuggle_a_header() -> None:
    assert encode("OPTIONS * RTSP/1.0", [("CSeq", "1")]) == b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    with pytest.raises(ValueError, match="control character"):
        encode("OPTIONS * RTSP/1.0", [("Session", "1\r\nEvil: yes")])
