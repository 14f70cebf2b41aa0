import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import BadRequest, PreconditionFailed
from gateway.webrtc.signalling.fragment import build_fragment, parse_fragment, require_match
from gateway.webrtc.signalling.offer import parse_offer
from gateway.webrtc.signalling.sections import LARGEST_SDP
from tests.webrtc.signalling.offers import OFFER

TRICKLED = """a=ice-options:trickle ice2
a=group:BUNDLE a v d
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:a
a=ice-ufrag:ysXw
a=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k
a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1
a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active
a=end-of-candidates
"""


def test_the_credentials_are_read_wherever_they_are() -> None:
    assert parse_fragment(TRICKLED).ufrag == "ysXw"
    first = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"
    assert parse_fragment(first + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\n").ufrag == "ysXw"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("a=ice-ufrag:ysXw\n", "", "fragment_no_ice"),
        ("a=ice-ufrag:ysXw", "a=ice-ufrag:y", "fragment_no_ice"),
        ("vw5LmwG4y", "", "fragment_no_ice"),
        ("m=audio 9", "m=audio", "fragment_malformed"),
        ("a=mid:a", "mid", "fragment_malformed"),
        ("a=mid:a", "a=x:" + "x" * LARGEST_SDP, "fragment_too_large"),
    ],
)
def test_a_broken_fragment_is_refused_with_the_name_of_its_fault(old: str, new: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_fragment(TRICKLED.replace(old, new))
    assert refused.value.code == code


def test_the_answer_to_a_restart_contains_everything_that_is_new() -> None:
    told = build_fragment(parse_offer(OFFER), "uf", "pw", ("1 1 udp 5 192.0.2.1 8189 typ host",))
    assert told.splitlines() == [
        "a=ice-lite",
        "a=ice-options:trickle ice2",
        "a=group:BUNDLE v",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=mid:v",
        "a=ice-ufrag:uf",
        "a=ice-pwd:pw",
        "a=candidate:1 1 udp 5 192.0.2.1 8189 typ host",
        "a=end-of-candidates",
    ]


@pytest.mark.parametrize("if_match", ["*", ' "tag"', '"other", "tag"'])
def test_a_request_about_the_present_state_is_accepted(if_match: str) -> None:
    require_match(if_match, "tag")


@pytest.mark.parametrize("if_match", ['"other"', 'W/"tag"', '"ta", "g"'])
def test_a_request_about_another_state_is_refused(if_match: str) -> None:
    with pytest.raises(PreconditionFailed):
        require_match(if_match, "tag")


@pytest.mark.parametrize("if_match", ["", "tag", '"a" "b"', '"unclosed'])
def test_anything_but_a_list_of_tags_is_refused(if_match: str) -> None:
    with pytest.raises(BadRequest):
        require_match(if_match, "tag")


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["drop", "cut", "noise"]), st.text(max_size=20))))
def test_damaged_fragments_are_either_read_or_refused(damage: list[tuple[int, str, str]]) -> None:
    lines = TRICKLED.splitlines()
    for at, how, noise in damage:
        place = at % len(lines) if lines else 0
        if how == "drop" and lines:
            del lines[place]
        elif how == "cut" and lines:
            lines[place] = lines[place][: len(noise)]
        else:
            lines.insert(place, noise)
    try:
        read = parse_fragment("\n".join(lines))
    except BadRequest:
        return
    assert re.fullmatch(r"[A-Za-z0-9+/]{4,256}", read.ufrag)


@given(st.text(max_size=80))
def test_any_value_of_if_match_is_accepted_or_refused(text: str) -> None:
    try:
        require_match(text, "tag")
    except (BadRequest, PreconditionFailed):
        return
    assert text.strip() == "*" or '"tag"' in text
