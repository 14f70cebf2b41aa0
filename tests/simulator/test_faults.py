import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.simulator.faults import Faults, Rubbish, faults_document, parse_faults


def test_faults_that_are_left_out_are_not_in_force() -> None:
    assert parse_faults(b"{}") == Faults()
    assert parse_faults(b'{"delay": 3, "rubbish": "rtp"}') == Faults(delay=3.0, rubbish=Rubbish.RTP)


def test_a_document_says_what_is_in_force_and_can_be_read_back() -> None:
    faults = Faults(silent=True, session_limit=1, clock_offset=-10.0, rubbish=Rubbish.FRAMING)
    document = faults_document(faults)
    assert set(document) == {"silent", "session_limit", "clock_offset", "rubbish"}
    assert parse_faults(json.dumps(document).encode()) == faults


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"delay: .*; slient: "):
        parse_faults(b'{"delay": -1, "slient": true}')


@pytest.mark.parametrize("document", [b"", b"[]", b"null", b"{", b"\xff", b'{"gop": 0}', b'{"delay": NaN}'])
def test_anything_else_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=": "):
        parse_faults(document)


@given(
    st.floats(0, 100),
    st.one_of(st.none(), st.floats(0.01, 1)),
    st.floats(1e9, 2e9),
    st.floats(0, 1000),
    st.floats(0, 9),
)
def test_capture_time_is_never_ahead_and_never_later_than_the_delay(
    delay: float, growth: float | None, since: float, elapsed: float, step: float
) -> None:
    faults = Faults(delay=delay, delay_growth=growth)
    captured = faults.capture_time(since + elapsed, since)
    assert since + elapsed - delay - 1e-5 <= captured <= since + elapsed
    assert faults.capture_time(since + elapsed + step, since) >= captured - 1e-5, "captures never run backwards"
