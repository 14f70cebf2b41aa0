"""Carriers are requested in order, and a camera's refusals lead to the right next step."""

import pytest

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.address import parse_address
from gateway.sources.rtsp.protocol.events import Playing, Unusable
from gateway.sources.rtsp.protocol.messages import encode_frame
from gateway.sources.rtsp.protocol.session import RtspSession
from gateway.sources.rtsp.protocol.states import FINAL_REFUSALS, REFUSALS
from gateway.sources.rtsp.protocol.transport import Carrier, Unicast
from tests.sources.rtsp.protocol.dialogue import SDP, Dialogue

UDP_ANSWER = "Transport: RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001"


def asked(*carriers: Carrier) -> Dialogue:
    dialogue = Dialogue()
    address = parse_address("rtsp://camera/live", None, None)
    dialogue.session = RtspSession(address, lambda: "cnonce", carriers, lambda: (5000, 5001))
    dialogue.session.start(dialogue.now)
    dialogue.answer(body=SDP)
    return dialogue


def test_media_over_udp_is_requested_with_our_ports() -> None:
    dialogue = asked(Carrier.UDP)
    dialogue.answer("Session: 42", UDP_ANSWER)
    (playing,) = dialogue.answer()
    assert isinstance(playing, Playing)
    assert playing.transport == Unicast(6000, 6001)
    assert dialogue.session.receive(encode_frame(0, b"x"), 1.0) == [Unusable()]


@pytest.mark.parametrize(
    ("carriers", "offers"),
    [
        ((Carrier.TCP, Carrier.UDP), ["RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP;unicast;client_port=5000-5001"]),
        ((Carrier.UDP, Carrier.TCP), ["RTP/AVP;unicast;client_port=5000-5001", "RTP/AVP/TCP;unicast;interleaved=0-1"]),
    ],
)
def test_if_the_camera_refuses_one_transport_another_is_requested(
    carriers: tuple[Carrier, ...], offers: list[str]
) -> None:
    dialogue = asked(*carriers)
    for wanted in offers:
        method, _, headers = dialogue.requested()
        assert (method, headers["transport"]) == ("SETUP", wanted)
        response = f"RTSP/1.0 461 Unsupported Transport\r\nCSeq: {headers['cseq']}\r\n\r\n".encode()
        if wanted != offers[-1]:
            assert dialogue.session.receive(response, dialogue.now) == []
    assert dialogue.session.refused == carriers[:1]
    with pytest.raises(CameraError) as caught:
        dialogue.session.receive(response, dialogue.now)
    assert caught.value.reason is SourceReason.UNSUPPORTED


@pytest.mark.parametrize("status", [400, 404, 406, 461, 500, 501, 551])
def test_if_a_camera_refuses_tcp_in_any_way_udp_is_requested_and_the_first_refusal_is_reported(status: int) -> None:
    dialogue = asked(Carrier.TCP, Carrier.UDP)
    dialogue.answer(status=status)
    assert dialogue.session.refused == (Carrier.TCP,)
    with pytest.raises(CameraError) as caught:
        dialogue.answer(status=454)
    wanted = "forgotten" if status == 461 else f"{REFUSALS[404][1] if status == 404 else status}"
    assert wanted in caught.value.detail
    assert caught.value.reason is not SourceReason.SESSION_LIMIT


@pytest.mark.parametrize("status", sorted(FINAL_REFUSALS - {401}))
def test_refusals_that_udp_would_not_change_are_reported_at_once(status: int) -> None:
    dialogue = asked(Carrier.TCP, Carrier.UDP)
    with pytest.raises(CameraError) as caught:
        dialogue.answer(status=status)
    assert (caught.value.reason, caught.value.detail) == REFUSALS[status]


def test_if_a_camera_answers_with_another_transport_that_one_is_requested() -> None:
    dialogue = asked(Carrier.TCP, Carrier.UDP)
    dialogue.answer("Session: 42", UDP_ANSWER)
    method, _, headers = dialogue.requested()
    assert (method, headers["session"]) == ("SETUP", "42")
    assert headers["transport"].endswith("client_port=5000-5001")
