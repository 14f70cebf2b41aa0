from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.transport import Carrier, Interleaved, Unicast, offer, parse_transport


def test_the_transport_header_requests_what_is_wanted() -> None:
    assert offer(None) == "RTP/AVP/TCP;unicast;interleaved=0-1"
    assert offer((5000, 5001)) == "RTP/AVP;unicast;client_port=5000-5001"


@pytest.mark.parametrize(
    ("value", "chosen"),
    [
        ("", Unicast()),
        ("RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;ssrc=12", Unicast(6000, 6001, ssrc=0x12)),
        ("RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=89ABCDEF", Interleaved(0, 1, 0x89ABCDEF)),
        ("RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=none", Interleaved(0, 1)),
        ("RTP/AVP/UDP;unicast;server_port=6000;source=10.0.0.9", Unicast(6000, 6001, "10.0.0.9")),
        ("rtp/avp; unicast; Server_Port = 6000 - 6005", Unicast(6000, 6005)),
        ("RTP/AVP/TCP;unicast;interleaved=2-3", Interleaved(2, 3)),
        ("RTP/AVP/TCP", Interleaved()),
        ("RTP/AVP;interleaved=4", Interleaved(4, 5)),
    ],
)
def test_the_cameras_choice_of_transport_is_read(value: str, chosen: Interleaved | Unicast) -> None:
    assert parse_transport(value, Carrier.UDP) == chosen


def test_a_camera_that_leaves_something_out_does_as_requested() -> None:
    assert parse_transport(" ", Carrier.TCP) == Interleaved()


@pytest.mark.parametrize("value", ["RTP/AVP;server_port=70000", "RTP/AVP/TCP;interleaved=255", "x;interleaved=3-3"])
def test_impossible_transports_are_malformed(value: str) -> None:
    with pytest.raises(CameraError) as caught:
        parse_transport(value, Carrier.UDP)
    assert caught.value.reason is SourceReason.MALFORMED


def test_multicast_is_refused() -> None:
    with pytest.raises(CameraError) as caught:
        parse_transport("RTP/AVP;multicast;port=5000-5001", Carrier.UDP)
    assert caught.value.reason is SourceReason.UNSUPPORTED


@given(st.text(alphabet="RTP/AVTCU;,=-0123456789 interleaved server_port source multicast", max_size=80))
def test_whatever_the_header_says_only_camera_errors_are_raised(value: str) -> None:
    with suppress(CameraError):
        parse_transport(value, Carrier.TCP)


@pytest.mark.parametrize("answer", ["RTP/SAVP/TCP;interleaved=0-1", "RTP/SAVPF;unicast;server_port=5000-5001"])
def test_a_camera_that_answers_with_encrypted_rtp_is_refused(answer: str) -> None:
    with pytest.raises(CameraError, match="SRTP") as caught:
        parse_transport(answer, Carrier.TCP)
    assert caught.value.reason is SourceReason.UNSUPPORTED
