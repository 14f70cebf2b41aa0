from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.simulator.rtsp.messages import (
    Interleaved,
    Request,
    RequestReader,
    interleave,
    parse_transport,
    response,
)

STREAM = (
    b"OPTIONS rtsp://school:8554/hall/main RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    b"$\x01\x00\x03abc"
    b"\r\nSET_PARAMETER rtsp://school/hall/main/ RTSP/1.0\r\ncseq:2\r\nContent-Length: 4\r\n\r\n$x\r\n"
    b"$\x00\x00\x00"
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_messages_are_the_same_however_the_bytes_arrive(cuts: list[int]) -> None:
    reader = RequestReader()
    edges = [0, *sorted(cuts), len(STREAM)]
    messages = [m for a, b in pairwise(edges) for m in reader.feed(STREAM[a:b])]
    assert messages == [
        Request("OPTIONS", "rtsp://school:8554/hall/main", "RTSP/1.0", {"cseq": "1"}),
        Interleaved(1, b"abc"),
        Request(
            "SET_PARAMETER", "rtsp://school/hall/main/", "RTSP/1.0", {"cseq": "2", "content-length": "4"}, b"$x\r\n"
        ),
        Interleaved(0, b""),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"A" * 9000,
    ],
)
def test_anything_but_a_request_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(RequestReader().feed(data))


@given(st.binary(max_size=400))
def test_random_bytes_never_break_the_reader(data: bytes) -> None:
    with suppress(Malformed):
        list(RequestReader().feed(data))


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("rtsp://h:1/a/main", "/a/main"),
        ("rtsp://h/a/main/?x=1", "/a/main"),
        ("rtsp://h", ""),
        ("*", "*"),
        ("/a/sub/trackID=0", "/a/sub/trackID=0"),
    ],
)
def test_the_path_is_taken_from_a_uri(uri: str, path: str) -> None:
    assert Request("OPTIONS", uri, "RTSP/1.0", {}).path == path


@pytest.mark.parametrize(
    ("value", "channels"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=4-5", (4, 5)),
        ("RTP/AVP;unicast;client_port=1-2, RTP/AVP/TCP;interleaved=2-3", (2, 3)),
        ("RTP/AVP/TCP;unicast", (0, 1)),
        ("RTP/AVP/TCP;interleaved=6", (6, 7)),
        ("RTP/AVP;unicast;client_port=1-2", None),
        ("", None),
    ],
)
def test_a_transport_over_tcp_is_chosen(value: str, channels: tuple[int, int] | None) -> None:
    assert parse_transport(value) == channels


def test_an_answer_and_a_frame_are_encoded_as_bytes() -> None:
    assert response(200, {"CSeq": "7"}, b"ab") == b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Length: 2\r\n\r\nab"
    assert interleave(1, b"abc") == b"$\x01\x00\x03abc"
