"""The RTSP 1.0 client's core (RFC 2326): what to send next and what an answer means.

Pure: bytes and times in, bytes and events out.

The way of a session is the table ``states.TRANSITIONS``. One request is in flight at a time, so that every answer has
one meaning.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.media import ClockSample
from gateway.sources.rtsp.address import Address, Redirected
from gateway.sources.rtsp.auth import Authenticator
from gateway.sources.rtsp.fields import DEFAULT_SESSION_TIMEOUT, parse_date, parse_session
from gateway.sources.rtsp.messages import (
    Frame,
    Headers,
    Message,
    Noise,
    Reader,
    Request,
    Response,
    encode,
    encode_frame,
)
from gateway.sources.rtsp.sdp import Description, describe, resolve
from gateway.sources.rtsp.states import REFUSALS, TRANSITIONS, State, Step
from gateway.sources.rtsp.transport import Carrier, Interleaved, Transport, offer, parse_transport

USER_AGENT = "Sightline"
ANSWER_TIMEOUT = 8.0
MAX_SIGN_INS = 2
REDIRECTIONS = frozenset({300, 301, 302, 303, 307})
_OFFERED = ("OPTIONS", "GET_PARAMETER", "REDIRECT")


@dataclass(frozen=True, slots=True)
class Playing:
    """Media flows, or is about to: comes before the first ``Media``. Over UDP there is no ``Media``: it comes to the
    ports that were opened."""

    description: Description
    transport: Transport


class Media(NamedTuple):
    """One RTP packet, or one RTCP packet where ``control`` is True."""

    control: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Unusable:
    """A message that makes no sense here was dropped."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Our TEARDOWN has been answered."""


Event = Playing | Media | Unusable | Closed | ClockSample


@dataclass(slots=True)
class _Pending:
    sequence: int
    method: str
    url: str
    sent: float
    sign_ins: int = 0


class RtspSession:
    """One run of one stream, from DESCRIBE to TEARDOWN.

    Feed it with ``receive`` and ``tick``; after each call send what ``take_output`` gives. All times are gateway time.
    ``carriers`` are asked for in turn while the camera refuses them; ``open_ports`` is called before UDP is asked for,
    and returns our ports of RTP and RTCP.
    """

    def __init__(
        self,
        address: Address,
        make_cnonce: Callable[[], str],
        carriers: Sequence[Carrier] = (Carrier.TCP,),
        open_ports: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        self.state = State.IDLE
        self.refused: tuple[Carrier, ...] = ()
        self._carriers = tuple(carriers)
        self._open_ports = open_ports
        self._offer = ""
        self._transport: Transport = Interleaved()
        self._answered: tuple[float, float] | None = None
        self._url = address.url
        self._authenticator = Authenticator(address.credentials, make_cnonce)
        self._reader = Reader()
        self._output: list[bytes] = []
        self._sequence = 0
        self._pending: _Pending | None = None
        self._description: Description | None = None
        self._session_id = ""
        self._session_timeout = DEFAULT_SESSION_TIMEOUT
        self._rtp_channel, self._rtcp_channel = 0, 1
        self._announced = False
        self._keep_alive_method = "OPTIONS"
        self._get_parameter_refused = False
        self._keep_alive_due = float("inf")

    def start(self, now: float) -> None:
        """Ask for the description of the stream."""
        self._advance(Step.START, now)

    def stop(self, now: float) -> None:
        """Leave politely: TEARDOWN where there is a session."""
        self._advance(Step.STOP, now)

    def take_output(self) -> bytes:
        """What is to be sent now."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take what arrived at ``now``. Raises ``CameraError`` where this run cannot go on."""
        events: list[Event] = []
        for message in self._reader.feed(data):
            if type(message) is Frame:
                # The hot path: a camera sends hundreds of these a second and little else.
                if message.channel == self._rtp_channel and self._announced:
                    events.append(Media(False, message.payload))
                else:
                    events.extend(self._other_frame(message))
            else:
                events.extend(self._message(message, now))
        return events

    def send_rtcp(self, packet: bytes) -> None:
        """Send an RTCP packet to the camera."""
        self._output.append(encode_frame(self._rtcp_channel, packet))

    @property
    def can_query(self) -> bool:
        """Whether the camera may be asked now: it plays, and no answer is awaited."""
        return self.state is State.PLAYING and self._pending is None

    def answer_time(self, since: float, now: float) -> float | None:
        """Seconds that an answer to a question asked after ``since`` took, or that one has been awaited for; the longer
        of both, None for neither."""
        awaited = [now - self._pending.sent] if self._pending is not None and self._pending.sent >= since else []
        took = [self._answered[1]] if self._answered is not None and self._answered[0] >= since else []
        return max(awaited + took, default=None)

    def query(self, now: float) -> bool:
        """Ask the camera for its ``Date``, if ``can_query``. Also keeps the session alive."""
        if not self.can_query:
            return False
        self._keep_alive_due = now + self._session_timeout / 2
        self._request(self._keep_alive_method, self._playing().play_url, now)
        return True

    def tick(self, now: float) -> None:
        """Keep the session alive. Raises ``CameraError`` (``TIMED_OUT``) where an answer that we need does not come."""
        if self._pending is not None and now - self._pending.sent >= ANSWER_TIMEOUT:
            if self.state is not State.PLAYING:
                raise CameraError(SourceReason.TIMED_OUT, f"The camera does not answer {self._pending.method}.")
            # Some cameras leave keep-alives unanswered; as long as pictures come, that is no fault.
            self._answered, self._pending = (self._pending.sent, ANSWER_TIMEOUT), None
        if now >= self._keep_alive_due:
            self.query(now)

    def next_tick(self) -> float:
        """When ``tick`` is due."""
        if self._pending is not None:
            return self._pending.sent + ANSWER_TIMEOUT
        return self._keep_alive_due

    def _advance(self, step: Step, now: float) -> None:
        previous, self.state = self.state, TRANSITIONS[self.state, step]
        if self.state is previous:
            return
        match self.state:
            case State.DESCRIBING:
                self._request("DESCRIBE", self._url, now)
            case State.SETTING_UP:
                self._set_up(now)
            case State.STARTING:
                self._request("PLAY", self._playing().play_url, now)
            case State.PLAYING:
                self._keep_alive_due = now + self._session_timeout / 2
            case State.STOPPING:
                self._request("TEARDOWN", self._playing().play_url, now)
            case _:
                self._pending = None

    def _set_up(self, now: float) -> None:
        self._offer = offer(self._open_ports() if self._carriers[0] is Carrier.UDP else None)
        self._request("SETUP", self._playing().setup_url, now)

    def _other_carrier(self, now: float) -> None:
        """The camera does not send as it was asked to: ask for the next carrier, if there is one."""
        first, *others = self._carriers
        if not others:
            words = " or ".join(carrier.upper() for carrier in (*self.refused, first))
            raise CameraError(SourceReason.UNSUPPORTED, f"The camera does not send over {words}.")
        self.refused += (first,)
        self._carriers = tuple(others)
        self._set_up(now)

    def _playing(self) -> Description:
        assert self._description is not None, f"no description in {self.state}"  # noqa: S101 - TRANSITIONS hold it
        return self._description

    def _request(self, method: str, url: str, now: float, sign_ins: int = 0) -> None:
        self._sequence += 1
        headers = [("CSeq", str(self._sequence)), ("User-Agent", USER_AGENT)]
        if authorization := self._authenticator.authorization(method, url):
            headers.append(("Authorization", authorization))
        if self._session_id:
            headers.append(("Session", self._session_id))
        match method:
            case "DESCRIBE":
                headers.append(("Accept", "application/sdp"))
            case "SETUP":
                headers.append(("Transport", self._offer))
            case "PLAY":
                headers.append(("Range", "npt=0.000-"))
        self._output.append(encode(f"{method} {url} RTSP/1.0", headers))
        self._pending = _Pending(self._sequence, method, url, now, sign_ins)

    def _other_frame(self, frame: Frame) -> Iterator[Event]:
        if self.state not in (State.STARTING, State.PLAYING) or frame.channel not in (
            self._rtp_channel,
            self._rtcp_channel,
        ):
            yield Unusable()
            return
        # Some cameras send media before they answer PLAY.
        yield from self._announce()
        yield Media(frame.channel == self._rtcp_channel, frame.payload)

    def _announce(self) -> Iterator[Event]:
        if not self._announced:
            self._announced = True
            yield Playing(self._playing(), self._transport)

    def _message(self, message: Message, now: float) -> Iterator[Event]:
        match message:
            case Response():
                yield from self._response(message, now)
            case Request():
                self._answer(message)
            case Noise():
                yield Unusable()

    def _answer(self, request: Request) -> None:
        """Cameras may probe us with OPTIONS or an empty GET_PARAMETER, or send us elsewhere; we offer nothing else
        (RFC 2326 10.1, 10.8, 10.10)."""
        known = request.method in _OFFERED
        headers = [("CSeq", request.headers.get("cseq"))]
        if known:
            headers.append(("Public", ", ".join(_OFFERED)))
        self._output.append(encode(f"RTSP/1.0 {'200 OK' if known else '501 Not Implemented'}", headers))
        if request.method == "REDIRECT" and (location := request.headers.get("location")):
            raise Redirected(location)

    def _response(self, response: Response, now: float) -> Iterator[Event]:
        pending = self._pending
        sequence = response.headers.get("cseq")
        if pending is None or (sequence and sequence != str(pending.sequence)):
            yield Unusable()
            return
        if response.status < 200:
            return
        date = parse_date(response.headers.get("date"))
        if date is not None:
            yield ClockSample(date, pending.sent, now)
        self._answered = (pending.sent, now - pending.sent)
        self._pending = None
        if self.state is State.STOPPING:
            self._advance(Step.ANSWERED, now)
            yield Closed()
            return
        if response.status == 401:
            self._sign_in(pending, response.headers, now)
            return
        self._authenticator.accepted()
        if response.status < 300:
            if self._accepted(pending, response, now):
                self._advance(Step.ANSWERED, now)
            if self.state is State.PLAYING:
                yield from self._announce()
        elif response.status == 461 and self.state is State.SETTING_UP:
            self._other_carrier(now)
        elif self.state is State.PLAYING and response.status != 454:
            # Not every camera knows its own keep-alive; OPTIONS is understood by all.
            self._keep_alive_method = "OPTIONS"
            self._get_parameter_refused = True
        elif response.status in REDIRECTIONS and (location := response.headers.get("location")):
            raise Redirected(location)
        else:
            raise CameraError(*REFUSALS.get(response.status, _unexpected(pending.method, response.status)))

    def _sign_in(self, refused: _Pending, headers: Headers, now: float) -> None:
        self._authenticator.challenged(headers.all("www-authenticate"))
        if refused.sign_ins >= MAX_SIGN_INS:
            raise CameraError(SourceReason.PASSWORD_REFUSED, "The camera refuses the user name or the password.")
        self._request(refused.method, refused.url, now, refused.sign_ins + 1)

    def _accepted(self, pending: _Pending, response: Response, now: float) -> bool:
        """Take what the answer tells. False where that is not enough to go on."""
        headers = response.headers
        offered = {method.strip().upper() for method in headers.get("public").split(",")}
        if "GET_PARAMETER" in offered and not self._get_parameter_refused:
            self._keep_alive_method = "GET_PARAMETER"
        match pending.method:
            case "DESCRIBE":
                self._description = describe(response.body, self._base(headers))
            case "SETUP":
                self._session_id, self._session_timeout = parse_session(headers.get("session"))
                return self._take_transport(headers.get("transport"), now)
        return True

    def _base(self, headers: Headers) -> str:
        """Base URL of relative controls (RFC 2326 C.1.1)."""
        for name in ("content-base", "content-location"):
            if headers.get(name).lower().startswith("rtsp://"):
                return resolve(headers.get(name), "")
        return self._url

    def _take_transport(self, value: str, now: float) -> bool:
        """Take what the camera chose; False where it is not what was asked, and something else has been asked for."""
        transport = parse_transport(value, self._carriers[0])
        if isinstance(transport, Interleaved) is not (self._carriers[0] is Carrier.TCP):
            self._other_carrier(now)
            return False
        self._transport = transport
        self._rtp_channel, self._rtcp_channel = -1, -1
        if isinstance(transport, Interleaved):
            self._rtp_channel, self._rtcp_channel = transport.rtp, transport.rtcp
        return True


def _unexpected(method: str, status: int) -> tuple[SourceReason, str]:
    reason = SourceReason.SESSION_LIMIT if status == 500 and method == "SETUP" else SourceReason.UNSUPPORTED
    return reason, f"The camera answers {method} with status {status}."
