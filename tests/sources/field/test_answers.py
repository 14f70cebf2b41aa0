"""However a camera answers, the real client gets its pictures, or correctly says why it cannot."""

import hashlib
import re
from collections.abc import Callable

import pytest

from gateway.models import SourceReason, SourceState
from gateway.sources.source import LONG_DELAY
from tests.sources.bench import PASSWORD, Bench
from tests.sources.scripted import SDP, ScriptedCamera

Alter = Callable[[str, str], str]


def method(request: str) -> str:
    return request.split(" ", 1)[0]


def without(answer: str, name: str) -> str:
    return re.sub(rf"(?m)^{name}: .*\r\n", "", answer)


def having(answer: str, name: str, value: str) -> str:
    return answer.replace("\r\n", f"\r\n{name}: {value}\r\n", 1)


def session_in(*methods: str) -> Alter:
    return lambda request, answer: answer if method(request) in methods else without(answer, "Session")


def numbered(value: str) -> Alter:
    return lambda _, answer: re.sub(r"CSeq: \d+", value, answer)


ACCEPTED: dict[str, Alter] = {
    "CSeq 0": numbered("CSeq: 0"),
    "no CSeq": lambda _, answer: without(answer, "CSeq"),
    "a CSeq that is no number": numbered("CSeq: one"),
    "a CSeq of long ago": numbered("CSeq: 77"),
    "CSeq in small letters": lambda _, answer: answer.replace("CSeq: ", "cseq:"),
    "no session": session_in(),
    "the session in the answer to PLAY": session_in("PLAY"),
    "the session in the answer to DESCRIBE": session_in("DESCRIBE"),
    "a session with blanks": lambda _, answer: answer.replace("42;timeout=20", "42 ; Timeout = 20 "),
    "another session in the answer to PLAY": lambda request, answer: (
        answer.replace("42;", "43;") if method(request) == "PLAY" else answer
    ),
    "an answer of RTSP 1.1 with no reason": lambda _, answer: answer.replace("RTSP/1.0 200 X", "RTSP/1.1 200"),
    "lines that end without a carriage return": lambda _, answer: answer.replace("\r\n", "\n"),
    "100 before 200": lambda request, answer: (
        "RTSP/1.0 100 Continue\r\nCSeq: " + re.findall(r"CSeq: (\d+)", request)[0] + "\r\n\r\n" + answer
    ),
    "no Transport": lambda _, answer: without(answer, "Transport"),
}


@pytest.mark.parametrize("kind", ACCEPTED)
async def test_a_camera_that_answers_oddly_plays_and_is_kept_alive(
    bench: Bench, camera: ScriptedCamera, kind: str
) -> None:
    camera.alter = ACCEPTED[kind]
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    kept = len(camera.requests)
    await bench.until(lambda: len(camera.requests) > kept, within=40, each=camera.picture)
    samples = len(bench.sink.samples)
    await bench.until(lambda: len(bench.sink.samples) > samples, within=40, each=camera.picture)
    assert source.status().state is SourceState.UP
    assert source.status().reconnects == 0


async def test_the_session_id_from_an_earlier_answer_is_sent_in_later_requests(
    bench: Bench, camera: ScriptedCamera
) -> None:
    camera.alter = session_in("DESCRIBE")
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    assert [("Session: 42" in each) for each in camera.asked[:3]] == [False, True, True]


# Carriers

NOT_FINAL = [400, 404, 405, 406, 451, 456, 457, 459, 460, 461, 500, 501, 505, 551]


def asks_for_tcp(request: str) -> bool:
    return method(request) == "SETUP" and "interleaved" in request


def refusing_tcp(status: int) -> Alter:
    def alter(request: str, answer: str) -> str:
        if asks_for_tcp(request):
            return f"RTSP/1.0 {status} No\r\nCSeq: {re.findall(r'CSeq: (.*)', request)[0]}\r\n\r\n"
        return answer

    return alter


@pytest.mark.parametrize("hangs_up", [False, True])
@pytest.mark.parametrize("status", NOT_FINAL)
async def test_a_camera_that_refuses_tcp_in_any_way_is_pulled_over_udp(
    bench: Bench, camera: ScriptedCamera, status: int, hangs_up: bool
) -> None:
    camera.udp = True
    camera.alter = refusing_tcp(status)
    camera.leaves = lambda request: hangs_up and asks_for_tcp(request)
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: source.status().transport == "udp", each=camera.picture)
    assert "The camera does not send over TCP: it is pulled over UDP." in source.status().notes


async def test_udp_in_the_answer_to_a_request_for_tcp_counts_as_a_refusal(bench: Bench, camera: ScriptedCamera) -> None:
    def alter(request: str, answer: str) -> str:
        if asks_for_tcp(request):
            return re.sub("Transport: .*", "Transport: RTP/AVP;unicast;server_port=6000-6001", answer)
        return answer

    camera.alter = alter
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: camera.client_port > 0)
    camera.udp = True
    await bench.up(camera)
    await bench.until(lambda: source.status().transport == "udp", each=camera.picture)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, SourceReason.PASSWORD_REFUSED),
        (453, SourceReason.SESSION_LIMIT),
        (454, SourceReason.CLOSED_BY_CAMERA),
        (503, SourceReason.SESSION_LIMIT),
    ],
)
async def test_a_refusal_that_udp_would_not_change_is_reported(
    bench: Bench, camera: ScriptedCamera, status: int, reason: SourceReason
) -> None:
    camera.alter = refusing_tcp(status)
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().state is SourceState.DOWN)
    assert source.status().reason is reason
    assert not any("client_port" in each for each in camera.asked)


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_if_udp_is_refused_too_the_first_refusal_is_reported_and_500_is_not_a_session_limit(
    bench: Bench, camera: ScriptedCamera, status: int
) -> None:
    def alter(request: str, answer: str) -> str:
        answer = refusing_tcp(status)(request, answer)
        return answer.replace("200 X", "461 X") if method(request) == "SETUP" else answer

    camera.alter = alter
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().state is SourceState.DOWN)
    found = source.status()
    assert found.reason is (SourceReason.NOT_FOUND if status == 404 else SourceReason.UNSUPPORTED)
    assert ("no stream at this address" if status == 404 else f"status {status}") in found.detail


# Addresses

BASES = {
    "none": (None, "{url}"),
    "with a slash": ("{url}/", "{url}/"),
    "without a slash": ("{url}", "{url}"),
    "a path": ("/live/", "{url}/"),
    "of another host": ("rtsp://0.0.0.0/live/", "rtsp://0.0.0.0/live/"),
    "empty": ("", "{url}"),
    "no address": ("live", "{url}"),
    "with blanks": ("  {url}/  ", "{url}/"),
}


@pytest.mark.parametrize("kind", BASES)
@pytest.mark.parametrize(
    ("control", "below"),
    [("track1", "track1"), ("/track1", "track1"), ("trackID=1", "trackID=1"), ("/trackID=1", "trackID=1")],
)
async def test_the_track_is_requested_relative_to_the_base_that_the_camera_names(
    bench: Bench, camera: ScriptedCamera, kind: str, control: str, below: str
) -> None:
    base, asked = BASES[kind]
    camera.description = SDP.replace(b"a=control:track1", f"a=control:{control}".encode())
    if base is not None:
        camera.alter = lambda request, answer: (
            having(answer, "Content-Base", base.format(url=camera.url)) if method(request) == "DESCRIBE" else answer
        )
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    assert camera.order == [f"{asked.format(url=camera.url).rstrip('/')}/{below}"]


# Signing in

REALM, USER = "IP camera", "police"


def proves(request: str, nonce: str, algorithm: str = "MD5") -> bool:
    """Return True if a request has the right answer to a challenge."""
    found = re.search(r"(?mi)^Authorization: Digest (.*)\r$", request)
    if found is None:
        return False
    given: dict[str, str] = dict(re.findall(r'(\w+)="?([^",]*)"?', found[1]))
    new = hashlib.md5 if algorithm.startswith("MD5") else hashlib.sha256

    def digest(*parts: str) -> str:
        return new(":".join(parts).encode()).hexdigest()

    secret = digest(USER, REALM, PASSWORD)
    if "-sess" in algorithm:
        secret = digest(secret, nonce, given["cnonce"])
    subject = digest(method(request), given["uri"])
    middle = [nonce, given["nc"], given["cnonce"], "auth"] if "qop" in given else [nonce]
    return given["nonce"] == nonce and given["response"] == digest(secret, *middle, subject)


def demanding(*challenges: str, proof: Callable[[str], bool], field: str = "WWW-Authenticate: ") -> Alter:
    def alter(request: str, answer: str) -> str:
        if proof(request):
            return answer
        sequence = re.findall(r"CSeq: (.*)\r", request)[0]
        named = "".join(f"{field}{each.format(method=method(request))}\r\n" for each in challenges)
        return f"RTSP/1.0 401 Unauthorized\r\nCSeq: {sequence}\r\n{named}\r\n"

    return alter


PLAIN = f'Digest realm="{REALM}", nonce="n"'
SIGN_INS: dict[str, Alter] = {
    "MD5": demanding(PLAIN, proof=lambda request: proves(request, "n")),
    "MD5 with qop": demanding(f'{PLAIN}, qop="auth"', proof=lambda request: proves(request, "n")),
    "MD5 with either qop": demanding(f'{PLAIN}, qop="auth,auth-int"', proof=lambda request: proves(request, "n")),
    "MD5 in quotes": demanding(f'{PLAIN}, algorithm="MD5"', proof=lambda request: proves(request, "n")),
    "MD5-sess": demanding(
        f'{PLAIN}, algorithm=MD5-sess, qop="auth"', proof=lambda request: proves(request, "n", "MD5-sess")
    ),
    "SHA-256 beside MD5": demanding(
        f'Digest realm="{REALM}", nonce="m", qop="auth", algorithm=SHA-256',
        PLAIN,
        proof=lambda request: proves(request, "m", "SHA-256"),
    ),
    "both in one field": demanding(
        f'Digest realm="{REALM}", nonce="m", qop="auth", algorithm=SHA-256, {PLAIN}',
        proof=lambda request: proves(request, "m", "SHA-256"),
    ),
    "SHA-256 that is not accepted": demanding(
        f"{PLAIN}, algorithm=SHA-256", f"{PLAIN}, algorithm=MD5", proof=lambda request: proves(request, "n")
    ),
    "a kind that nobody speaks beside MD5": demanding(
        f"{PLAIN}, algorithm=SHA-512-256", "Negotiate", PLAIN, proof=lambda request: proves(request, "n")
    ),
    "Basic beside MD5": demanding(
        f'Basic realm="{REALM}"', f'{PLAIN}, stale="FALSE"', proof=lambda request: proves(request, "n")
    ),
    "Basic first, then MD5": lambda request, answer: demanding(
        PLAIN if "Authorization: " in request else f'Basic realm="{REALM}"', proof=lambda request: proves(request, "n")
    )(request, answer),
    "a nonce for each method": demanding(
        f'Digest realm="{REALM}", nonce="{{method}}"', proof=lambda request: proves(request, method(request))
    ),
    "small letters and no blanks": demanding(
        f'digest realm="{REALM}",nonce="n"', proof=lambda request: proves(request, "n"), field="www-authenticate:"
    ),
}


@pytest.mark.parametrize("kind", SIGN_INS)
async def test_the_strongest_way_to_sign_in_that_works_is_used(bench: Bench, camera: ScriptedCamera, kind: str) -> None:
    camera.alter = SIGN_INS[kind]
    source = bench.source(camera.url, PASSWORD)
    bench.start()
    await bench.up(camera)
    samples = len(bench.sink.samples)
    await bench.until(lambda: len(bench.sink.samples) > samples, within=40, each=camera.picture)
    assert source.status().reconnects == 0


def asked_to_sign_in(count: int) -> str:
    return f'WWW-Authenticate: Digest realm="{REALM}", nonce="{count}"\r\n'


@pytest.mark.parametrize("challenges", [0, 1])
async def test_a_bare_401_in_answer_to_the_password_is_a_refused_password_tried_once_a_minute(
    bench: Bench, camera: ScriptedCamera, challenges: int
) -> None:
    """Some servers send a challenge first and then answer a wrong password with a bare 401. A camera that never sends a
    challenge is never sent the password."""

    def alter(request: str, answer: str) -> str:
        first = "Authorization: " not in request
        sequence = re.findall(r"CSeq: (.*)\r", request)[0]
        return f"RTSP/1.0 401 No\r\nCSeq: {sequence}\r\n{asked_to_sign_in(1) if first and challenges else ''}\r\n"

    camera.alter = alter
    source = bench.source(camera.url, PASSWORD)
    bench.start()
    await bench.until(lambda: source.status().state is SourceState.DOWN)
    assert source.status().reason is (SourceReason.PASSWORD_REFUSED if challenges else SourceReason.UNSUPPORTED)
    told = sum("Authorization: " in each for each in camera.asked)
    assert told == challenges
    began = bench.clock.monotonic()
    await bench.until(lambda: bench.clock.monotonic() - began > LONG_DELAY - 10, within=LONG_DELAY)
    assert sum("Authorization: " in each for each in camera.asked) == told


async def test_a_camera_that_hangs_up_after_any_challenge_is_signed_in_to_on_the_next_connection(
    bench: Bench, camera: ScriptedCamera
) -> None:
    """The camera lets everybody describe the stream, and sends a challenge only after that."""
    demand = demanding(PLAIN, proof=lambda request: proves(request, "n"))
    camera.alter = lambda request, answer: answer if method(request) == "DESCRIBE" else demand(request, answer)
    camera.leaves = lambda request: method(request) == "SETUP" and not proves(request, "n")
    bench.source(camera.url, PASSWORD)
    bench.start()
    await bench.up(camera)
    assert camera.requests[:5] == ["DESCRIBE", "SETUP", "DESCRIBE", "SETUP", "PLAY"]


@pytest.mark.parametrize("stale", ["", ", stale=true"])
async def test_a_camera_that_challenges_again_and_hangs_up_each_time_is_not_hammered(
    bench: Bench, camera: ScriptedCamera, stale: str
) -> None:
    def alter(request: str, answer: str) -> str:
        sequence = re.findall(r"CSeq: (.*)\r", request)[0]
        challenge = f'WWW-Authenticate: Digest realm="{REALM}", nonce="{len(camera.asked)}"{stale}\r\n'
        return f"RTSP/1.0 401 No\r\nCSeq: {sequence}\r\n{challenge}\r\n"

    camera.alter = alter
    camera.leaves = lambda _: True
    source = bench.source(camera.url, PASSWORD)
    bench.start()
    began = bench.clock.monotonic()
    await bench.until(lambda: bench.clock.monotonic() - began > 20)
    assert len(camera.asked) < 20
    assert source.status().state is SourceState.DOWN


async def test_the_late_answer_to_a_request_that_was_given_up_is_not_taken_for_the_answer_to_the_next(
    bench: Bench, camera: ScriptedCamera
) -> None:
    held: list[str] = []
    wrong = "Tue, 14 Nov 2023 20:00:00 GMT"

    def alter(request: str, answer: str) -> str:
        if method(request) not in ("OPTIONS", "GET_PARAMETER") or len(held) > 1:
            return answer
        held.append(answer.replace(camera.date, wrong))
        return "" if len(held) == 1 else held[0] + answer

    camera.alter = alter
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    samples = len(bench.sink.samples)
    await bench.until(lambda: len(bench.sink.samples) > samples, within=60, each=camera.picture)
    assert len(held) == 2
    assert len({sample.date for sample in bench.sink.samples}) == 1
