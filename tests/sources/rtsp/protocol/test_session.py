from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.media import ClockSample
from gateway.sources.rtsp.protocol.address import Redirected, parse_address
from gateway.sources.rtsp.protocol.events import Closed, Media, Playing, Unusable
from gateway.sources.rtsp.protocol.messages import encode_frame
from gateway.sources.rtsp.protocol.requests import ANSWER_TIMEOUT, MAX_SIGN_INS
from gateway.sources.rtsp.protocol.session import RtspSession
from gateway.sources.rtsp.protocol.states import REDIRECTIONS, REFUSALS, State
from tests.sources.rtsp.protocol.dialogue import SDP, Dialogue


def test_a_session_plays_and_is_torn_down() -> None:
    dialogue = Dialogue()
    method, url, headers = dialogue.requested()
    assert (method, url, headers["accept"]) == ("DESCRIBE", "rtsp://camera/live", "application/sdp")
    dialogue = Dialogue()
    dialogue.answer("Content-Base: rtsp://camera/base/", body=SDP)
    method, url, headers = dialogue.requested()
    assert (method, url) == ("SETUP", "rtsp://camera/base/track1")
    assert headers["transport"] == "RTP/AVP/TCP;unicast;interleaved=0-1"
    dialogue = Dialogue()
    dialogue.answer("Content-Base: rtsp://camera/base/", body=SDP)
    dialogue.answer("Session: 42;timeout=60", "Transport: RTP/AVP/TCP;interleaved=0-1")
    (playing,) = dialogue.answer()
    assert isinstance(playing, Playing)
    assert playing.description.payload_type == 96
    dialogue.session.stop(dialogue.now)
    method, url, headers = dialogue.requested()
    assert (method, url, headers["session"]) == ("TEARDOWN", "rtsp://camera/base/", "42")
    assert dialogue.session.state is State.STOPPING


def test_the_answer_to_teardown_closes() -> None:
    dialogue = Dialogue()
    dialogue.play()
    dialogue.session.stop(dialogue.now)
    assert dialogue.answer(status=401) == [Closed()]
    assert dialogue.session.state is State.CLOSED


def test_stopping_before_there_is_a_session_sends_nothing() -> None:
    dialogue = Dialogue()
    dialogue.session.take_output()
    dialogue.session.stop(dialogue.now)
    assert dialogue.session.take_output() == b""


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("/base/", "rtsp://camera/base/track1"),
        ("/base", "rtsp://camera/base/track1"),
        ("RTSP://10.0.0.9:8554/base/", "RTSP://10.0.0.9:8554/base/track1"),
        ("", "rtsp://camera/live/track1"),
        ("10.0.0.9/base/", "rtsp://camera/live/track1"),
    ],
)
def test_a_content_base_may_be_a_path_and_any_other_oddity_falls_back_to_the_url(base: str, url: str) -> None:
    dialogue = Dialogue()
    dialogue.answer(f"Content-Base: {base}", body=SDP)
    assert dialogue.requested()[1] == url


def test_a_password_is_sent_only_when_asked_for_and_never_in_a_url() -> None:
    dialogue = Dialogue()
    assert "authorization" not in dialogue.requested()[2]
    dialogue = Dialogue()
    dialogue.answer('WWW-Authenticate: Digest realm="r", nonce="n"', status=401)
    output = dialogue.session.take_output()
    assert b'Authorization: Digest username="police"' in output
    assert b"secret" not in output


def test_a_wrong_password_is_sent_once() -> None:
    dialogue = Dialogue()
    dialogue.answer('WWW-Authenticate: Basic realm="r"', status=401)
    with pytest.raises(CameraError) as caught:
        dialogue.answer('WWW-Authenticate: Basic realm="r"', status=401)
    assert caught.value.reason is SourceReason.PASSWORD_REFUSED
    assert "secret" not in str(caught.value)


def test_a_camera_that_calls_every_nonce_stale_is_given_up_on() -> None:
    dialogue = Dialogue()
    for nonce in range(MAX_SIGN_INS):
        dialogue.answer(f'WWW-Authenticate: Digest realm="r", nonce="{nonce}", stale=true', status=401)
    with pytest.raises(CameraError) as caught:
        dialogue.answer('WWW-Authenticate: Digest realm="r", nonce="last", stale=true', status=401)
    assert caught.value.reason is SourceReason.PASSWORD_REFUSED


def test_a_nonce_that_expires_during_the_session_is_renewed() -> None:
    dialogue = Dialogue()
    dialogue.answer('WWW-Authenticate: Digest realm="r", nonce="1"', status=401)
    dialogue.play()
    assert dialogue.session.query(dialogue.now)
    dialogue.answer('WWW-Authenticate: Digest realm="r", nonce="2", stale=true', status=401)
    method, _, headers = dialogue.requested()
    assert method == "OPTIONS"
    assert 'nonce="2"' in headers["authorization"]


@pytest.mark.parametrize("status", REFUSALS)
def test_every_refusal_has_its_reason(status: int) -> None:
    dialogue = Dialogue()
    with pytest.raises(CameraError) as caught:
        dialogue.answer(status=status)
    assert caught.value.reason is REFUSALS[status][0]


def test_an_unknown_refusal_names_its_status() -> None:
    with pytest.raises(CameraError, match="DESCRIBE with status 418"):
        Dialogue().answer(status=418)


def test_a_camera_is_asked_to_play_from_now_on_and_from_a_named_time_only_if_it_refuses_that() -> None:
    dialogue = Dialogue()
    dialogue.answer(body=SDP)
    dialogue.answer("Session: 42", "Transport: RTP/AVP/TCP;interleaved=0-1")
    method, _, headers = dialogue.requested()
    assert method == "PLAY"
    assert "range" not in headers
    dialogue = Dialogue()
    dialogue.answer(body=SDP)
    dialogue.answer("Session: 42", "Transport: RTP/AVP/TCP;interleaved=0-1")
    assert not dialogue.answer(status=400)
    method, _, headers = dialogue.requested()
    assert (method, headers["session"], headers["range"]) == ("PLAY", "42", "npt=0.000-")


def test_a_camera_that_refuses_to_play_from_any_time_is_not_asked_a_third_time() -> None:
    dialogue = Dialogue()
    dialogue.answer(body=SDP)
    dialogue.answer("Session: 42", "Transport: RTP/AVP/TCP;interleaved=0-1")
    dialogue.answer(status=400)
    with pytest.raises(CameraError, match="PLAY with status 400"):
        dialogue.answer(status=400)


def test_media_is_read_from_the_channels_that_the_camera_chose() -> None:
    dialogue = Dialogue()
    dialogue.play(transport="RTP/AVP/TCP;interleaved=4-5;ssrc=1234")
    frames = b"".join(encode_frame(channel, b"x") for channel in (4, 5, 0))
    assert dialogue.session.receive(frames, 1.0) == [Media(False, [b"x"]), Media(True, [b"x"]), Unusable()]
    dialogue.session.send_rtcp(b"report")
    assert dialogue.session.take_output() == b"$\x05\x00\x06report"


def test_media_before_the_answer_to_play_is_not_lost() -> None:
    dialogue = Dialogue()
    dialogue.answer(body=SDP)
    dialogue.answer("Session: 42")
    playing, media = dialogue.session.receive(encode_frame(0, b"early"), 1.0)
    assert (type(playing), media) == (Playing, Media(False, [b"early"]))
    assert dialogue.answer() == []


@pytest.mark.parametrize("transport", ["RTP/AVP;unicast;client_port=5000-5001", "RTP/AVP/TCP;interleaved=3-3"])
def test_a_transport_that_cannot_be_used_is_refused(transport: str) -> None:
    dialogue = Dialogue()
    dialogue.answer(body=SDP)
    with pytest.raises(CameraError):
        dialogue.answer("Session: 42", f"Transport: {transport}")


@pytest.mark.parametrize(
    ("described", "played", "sent"), [("", "", None), ("", "99", "99"), ("12345;timeout=20", "", "12345")]
)
def test_a_session_id_is_taken_from_any_answer_that_names_it_and_is_optional(
    described: str, played: str, sent: str | None
) -> None:
    dialogue = Dialogue()
    dialogue.answer(*[f"Session: {described}"] if described else [], body=SDP)
    dialogue.answer("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
    assert [type(event) for event in dialogue.answer(*[f"Session: {played}"] if played else [])] == [Playing]
    dialogue.session.query(dialogue.now)
    assert dialogue.requested()[2].get("session") == sent


def test_a_session_id_from_setup_is_not_replaced_by_another_answer() -> None:
    dialogue = Dialogue()
    dialogue.play("42")
    dialogue.session.query(dialogue.now)
    dialogue.answer("Session: 99")
    dialogue.session.query(dialogue.now)
    assert dialogue.requested()[2]["session"] == "42"


@pytest.mark.parametrize(("session", "half"), [("42", 30.0), ("42;timeout=20", 10.0), ("42; Timeout = 0", 30.0)])
def test_the_session_is_kept_alive_at_half_its_timeout(session: str, half: float) -> None:
    dialogue = Dialogue()
    dialogue.play(session)
    assert dialogue.session.next_tick() == dialogue.now + half
    dialogue.session.tick(dialogue.now + half - 0.1)
    assert dialogue.session.take_output() == b""
    dialogue.session.tick(dialogue.now + half)
    assert dialogue.requested()[0] == "OPTIONS"


def keep_alives(dialogue: Dialogue, *answers: tuple[int, str]) -> list[str]:
    methods = []
    for status, public in answers:
        assert dialogue.session.query(dialogue.now)
        output = dialogue.session.take_output()
        methods.append(output.split(b" ")[0].decode())
        cseq = output.split(b"CSeq: ")[1].split(b"\r")[0].decode()
        dialogue.session.receive(f"RTSP/1.0 {status} X\r\nCSeq: {cseq}\r\nPublic: {public}\r\n\r\n".encode(), 1.0)
    return methods


def test_get_parameter_is_used_if_offered_until_it_is_refused() -> None:
    dialogue = Dialogue()
    dialogue.play()
    offered = "OPTIONS, get_parameter"
    methods = keep_alives(dialogue, (200, offered), (200, ""), (501, ""), (200, offered), (200, ""))
    assert methods == ["OPTIONS", "GET_PARAMETER", "GET_PARAMETER", "OPTIONS", "OPTIONS"]


def test_a_forgotten_session_ends_the_run() -> None:
    dialogue = Dialogue()
    dialogue.play()
    dialogue.session.query(dialogue.now)
    with pytest.raises(CameraError) as caught:
        dialogue.answer(status=454)
    assert caught.value.reason is SourceReason.CLOSED_BY_CAMERA


def test_only_one_request_is_in_flight_at_a_time() -> None:
    dialogue = Dialogue()
    assert not dialogue.session.query(dialogue.now)
    dialogue.play()
    assert dialogue.session.query(dialogue.now)
    assert not dialogue.session.query(dialogue.now)


def test_a_necessary_answer_that_does_not_arrive_is_an_error() -> None:
    dialogue = Dialogue()
    dialogue.session.tick(dialogue.now + ANSWER_TIMEOUT - 0.1)
    with pytest.raises(CameraError) as caught:
        dialogue.session.tick(dialogue.now + ANSWER_TIMEOUT)
    assert caught.value.reason is SourceReason.TIMED_OUT


def test_an_unanswered_keep_alive_is_not_an_error() -> None:
    dialogue = Dialogue()
    dialogue.play()
    dialogue.session.query(dialogue.now)
    dialogue.session.tick(dialogue.now + ANSWER_TIMEOUT)
    assert dialogue.session.can_query


@pytest.mark.parametrize(
    "date", ["Tue, 14 Nov 2023 22:13:20 GMT", "Tue, Nov 14 2023 22:13:20 GMT", "14 Nov 2023 22:13:20 +0000"]
)
def test_the_date_of_an_answer_is_a_clock_sample(date: str) -> None:
    dialogue = Dialogue()
    sent = dialogue.now
    dialogue.now += 0.25
    (sample,) = dialogue.answer(f"Date: {date}", body=SDP)
    assert sample == ClockSample(1_700_000_000.0, sent, sent + 0.25)


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 14 Nov 2023 22:13:20", "Tue, 99 Nov 99999 99:99:99 GMT"])
def test_a_useless_date_is_not_a_sample(date: str) -> None:
    assert Dialogue().answer(f"Date: {date}", body=SDP) == []


def test_an_answer_to_no_request_or_to_an_abandoned_one_is_dropped() -> None:
    dialogue = Dialogue()
    dialogue.play()
    assert dialogue.session.receive(b"RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n", 1.0) == [Unusable()]
    dialogue.session.query(dialogue.now)
    given_up = dialogue.requested()[2]["cseq"]
    dialogue.session.tick(dialogue.now + ANSWER_TIMEOUT)
    dialogue.session.query(dialogue.now + ANSWER_TIMEOUT)
    late = f"RTSP/1.0 200 OK\r\nCSeq: {given_up}\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n"
    assert dialogue.session.receive(late.encode(), dialogue.now + 9) == [Unusable()]


@pytest.mark.parametrize("number", ["0", "1", "99", "x"])
def test_an_answer_with_any_number_belongs_to_the_only_request_in_flight(number: str) -> None:
    dialogue = Dialogue()
    for body, more in ((SDP, ""), (b"", "Session: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n"), (b"", "")):
        head = f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        dialogue.session.receive(head.encode() + body, 1.0)
    assert dialogue.session.state is State.PLAYING


def test_an_answer_without_a_number_is_accepted() -> None:
    dialogue = Dialogue()
    dialogue.session.receive(b"RTSP/1.0 100 Continue\r\n\r\n", 1.0)
    dialogue.session.receive(b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(SDP) + SDP, 1.0)
    assert dialogue.session.state is State.SETTING_UP


def test_the_cameras_own_requests_are_answered() -> None:
    dialogue = Dialogue()
    dialogue.session.take_output()
    dialogue.session.receive(b"OPTIONS * RTSP/1.0\r\nCSeq: 5\r\n\r\n", 1.0)
    assert dialogue.session.take_output().startswith(b"RTSP/1.0 200 OK\r\nCSeq: 5\r\n")
    dialogue.session.receive(b"SET_PARAMETER * RTSP/1.0\r\nCSeq: 6\r\n\r\n", 1.0)
    assert dialogue.session.take_output().startswith(b"RTSP/1.0 501 ")


FIELDS = ("Session", "Transport", "Content-Base", "WWW-Authenticate", "Date", "Public", "CSeq")
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["42;timeout=9", "RTP/AVP/TCP;interleaved=2-3", "rtsp://x/y/", 'Digest realm="a", nonce="b"', "1", "3"]
    ),
)
ANSWERS = st.builds(
    lambda status, fields, body: (
        (
            f"RTSP/1.0 {status} X\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in fields)
            + f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
    ),
    st.sampled_from([200, 200, 200, 401, 454, 100]),
    st.lists(st.tuples(st.sampled_from(FIELDS), VALUES), max_size=4),
    st.sampled_from([b"", SDP]),
)


@given(st.lists(st.one_of(ANSWERS, st.binary(max_size=30), st.just(encode_frame(0, b"x"))), max_size=10), st.booleans())
def test_whatever_the_camera_sends_only_camera_errors_are_raised(messages: list[bytes], stop: bool) -> None:
    session = RtspSession(parse_address("rtsp://u:p@camera/live", None, None), lambda: "c")
    session.start(0.0)
    with suppress(CameraError):
        for now, message in enumerate(messages):
            session.receive(message, float(now))
            session.query(float(now))
            session.tick(float(now))
    if stop:
        session.stop(99.0)
        session.take_output()


def test_requests_are_numbered_without_gaps() -> None:
    dialogue = Dialogue()
    numbers = []
    for headers, body in (((), SDP), (("Session: 42",), b""), ((), b"")):
        output = dialogue.session.take_output()
        numbers.append(int(output.split(b"CSeq: ")[1].split(b"\r")[0]))
        lines = ["RTSP/1.0 200 OK", *headers, f"Content-Length: {len(body)}", "", ""]
        dialogue.session.receive("\r\n".join(lines).encode() + body, 1.0)
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))


@pytest.mark.parametrize("answered", [0, 1, 2])
@pytest.mark.parametrize("status", sorted(REDIRECTIONS))
def test_an_answer_that_names_another_place_is_a_redirect(answered: int, status: int) -> None:
    dialogue = Dialogue()
    for headers, body in [((), SDP), (("Session: 42",), b"")][:answered]:
        dialogue.answer(*headers, body=body)
    with pytest.raises(Redirected) as caught:
        dialogue.answer("Location: rtsp://elsewhere/live", status=status)
    assert caught.value.location == "rtsp://elsewhere/live"


def test_a_camera_may_redirect_while_it_plays() -> None:
    dialogue = Dialogue()
    dialogue.play()
    with pytest.raises(Redirected) as caught:
        dialogue.session.receive(b"REDIRECT * RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://elsewhere/x\r\n\r\n", 1.0)
    assert caught.value.location == "rtsp://elsewhere/x"
    dialogue.session.stop(1.0)
    output = dialogue.session.take_output()
    assert output.startswith(b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n")
    assert b"TEARDOWN " in output


def test_the_time_that_answers_take_is_known_for_recent_requests() -> None:
    dialogue = Dialogue()
    dialogue.play()
    assert dialogue.session.answer_time(dialogue.now + 1, dialogue.now + 1, 2) is None
    dialogue.now += 5
    dialogue.session.query(dialogue.now)
    assert dialogue.session.answer_time(dialogue.now, dialogue.now + 1.5, 2) is None, "it may arrive at once, or late"
    assert dialogue.session.answer_time(dialogue.now, dialogue.now + 2.5, 2) == 2.5
    *_, sent = dialogue.requested()
    dialogue.session.receive(f"RTSP/1.0 200 OK\r\nCSeq: {sent['cseq']}\r\n\r\n".encode(), dialogue.now + 3)
    assert dialogue.session.answer_time(dialogue.now, dialogue.now + 9, 2) == 3
    assert dialogue.session.answer_time(dialogue.now + 1, dialogue.now + 9, 2) is None
