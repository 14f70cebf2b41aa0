"""The core of the RTSP 1.0 client (RFC 2326): decides what to send next and what an answer means.

Pure: bytes and times in, bytes and events out.

The course of a session is the table ``states.TRANSITIONS``.
"""

from collections.abc import Callable, Iterator, Sequence

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.media import ClockSample
from gateway.sources.rtsp.protocol.address import Address, Redirected
from gateway.sources.rtsp.protocol.auth import Authenticator, Challenge
from gateway.sources.rtsp.protocol.events import Closed, Event, Media, Playing, SoundPacket, Unusable
from gateway.sources.rtsp.protocol.fields import DEFAULT_SESSION_TIMEOUT, parse_date, parse_session
from gateway.sources.rtsp.protocol.messages import (
    Frames,
    Headers,
    Message,
    Noise,
    Request,
    Response,
    encode_frame,
    reply,
)
from gateway.sources.rtsp.protocol.reader import Reader
from gateway.sources.rtsp.protocol.requests import ANSWER_TIMEOUT, Pending, Requests
from gateway.sources.rtsp.protocol.sdp import BASES, Description, base_of, describe
from gateway.sources.rtsp.protocol.states import (
    FINAL_REFUSALS,
    REDIRECTIONS,
    REFUSALS,
    UNSUPPORTED_TRANSPORT,
    State,
    Step,
    advance,
)
from gateway.sources.rtsp.protocol.transport import Agreement, Carrier


class RtspSession:
    """One run of one stream, from DESCRIBE to TEARDOWN.

    Call ``receive`` and ``tick``, and after each call send what ``take_output`` returns. All times are gateway time.
    ``carriers`` are requested in turn until the camera accepts one. ``open_ports`` is called before UDP is requested,
    and returns our ports for RTP and RTCP. With ``sound``, the camera's G.711 is requested, too, if media is carried in
    the RTSP connection; a camera that refuses it is pulled without sound.
    """

    def __init__(
        self,
        address: Address,
        make_cnonce: Callable[[], str],
        carriers: Sequence[Carrier] = (Carrier.TCP,),
        open_ports: Callable[[], tuple[int, int]] = lambda: (0, 0),
        sound: bool = False,
    ) -> None:
        self.state = State.IDLE
        self._url = address.url
        self._requests = Requests(
            Authenticator(address.credentials, make_cnonce, redirected=address.redirected, challenge=address.challenge)
        )
        self._agreement = Agreement(carriers, open_ports)
        self._reader = Reader()
        self._description: Description | None = None
        self._first_refusal: CameraError | None = None
        self._session_timeout = DEFAULT_SESSION_TIMEOUT
        self._session_told_by = ""
        self._announced = False
        self._wants_sound = sound
        self._keep_alive_method = "OPTIONS"
        self._get_parameter_refused = False
        self._keep_alive_due = float("inf")

    @property
    def refused(self) -> tuple[Carrier, ...]:
        """Return the carriers that the camera refused."""
        return self._agreement.refused

    @property
    def unanswered_challenge(self) -> Challenge | None:
        """Return the challenge that this connection did not last long enough to answer."""
        return self._requests.unanswered_challenge

    def start(self, now: float) -> None:
        """Ask for the description of the stream."""
        self._advance(Step.START, now)

    def stop(self, now: float) -> None:
        """Leave politely, with a TEARDOWN if there is a session."""
        self._advance(Step.STOP, now)

    def take_output(self) -> bytes:
        """Return the bytes to send now."""
        if not self._requests.output:
            return b""
        output = b"".join(self._requests.output)
        self._requests.output.clear()
        return output

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take what arrived at ``now``. Raises ``CameraError`` if this run cannot go on."""
        events: list[Event] = []
        rtp_channel = self._agreement.rtp_channel
        for message in self._reader.feed(data):
            if type(message) is Frames:
                # The hot path: a camera sends hundreds of these per second and little else.
                if message.channel == rtp_channel and self._announced:
                    events.append(Media(False, message.packets))
                else:
                    events.extend(self._other_frames(message))
            else:
                events.extend(self._message(message, now))
        return events

    def send_rtcp(self, packet: bytes) -> None:
        """Send an RTCP packet to the camera."""
        self._requests.output.append(encode_frame(self._agreement.rtcp_channel, packet))

    @property
    def can_query(self) -> bool:
        """Return True if the camera may be asked now: it is playing, and no answer is awaited."""
        return self.state is State.PLAYING and self._requests.pending is None

    def answer_time(self, since: float, now: float, slow: float) -> float | None:
        """See ``Requests.answer_time``."""
        return self._requests.answer_time(since, now, slow)

    def query(self, now: float) -> bool:
        """Ask the camera for its ``Date``, if ``can_query``. Also keeps the session alive."""
        if not self.can_query:
            return False
        self._keep_alive_due = now + self._session_timeout / 2
        self._requests.send(self._keep_alive_method, self._playing().play_url, now)
        return True

    def tick(self, now: float) -> None:
        """Keep the session alive. Raises ``CameraError`` (``TIMED_OUT``) if a required answer does not arrive."""
        if (overdue := self._requests.overdue(now)) is not None:
            if self.state is State.SETTING_UP_SOUND:
                self._requests.give_up()
                self._advance(Step.ANSWERED, now)
            elif self.state is not State.PLAYING:
                raise CameraError(SourceReason.TIMED_OUT, f"The camera does not answer {overdue.method}.")
            else:
                # Some cameras do not answer keep-alives; that is no fault as long as pictures arrive.
                self._requests.give_up()
        if now >= self._keep_alive_due:
            self.query(now)

    def next_tick(self) -> float:
        """Return the gateway time at which ``tick`` is due."""
        pending = self._requests.pending
        return self._keep_alive_due if pending is None else pending.sent + ANSWER_TIMEOUT

    def _advance(self, step: Step, now: float) -> None:
        previous, self.state = self.state, advance(self.state, step)
        if self.state is previous:
            return
        match self.state:
            case State.DESCRIBING:
                self._requests.send("DESCRIBE", self._url, now)
            case State.SETTING_UP:
                self._set_up(now)
            case State.SETTING_UP_SOUND:
                if (wish := self._sound_wish()) is not None:
                    url, transport = wish
                    self._requests.send("SETUP", url, now, transport)
            case State.STARTING:
                self._reader.channels = self._agreement.channels
                self._requests.send("PLAY", self._playing().play_url, now)
            case State.PLAYING:
                self._keep_alive_due = now + self._session_timeout / 2
            case State.STOPPING:
                self._requests.send("TEARDOWN", self._playing().play_url, now)
            case _:
                self._requests.give_up()

    def _set_up(self, now: float) -> None:
        self._requests.send("SETUP", self._playing().setup_url, now, self._agreement.offer())

    def _sound_wish(self) -> tuple[str, str] | None:
        """Return the URL at which sound is set up and the transport to request, or None if sound is not wanted or
        offered."""
        sound, transport = self._playing().audio, self._agreement.sound_offer()
        return (sound.setup_url, transport) if self._wants_sound and sound is not None and transport else None

    def _playing(self) -> Description:
        assert self._description is not None, f"no description in {self.state}"  # noqa: S101 - TRANSITIONS hold it
        return self._description

    def _other_frames(self, frames: Frames) -> Iterator[Event]:
        channels = (self._agreement.rtp_channel, self._agreement.rtcp_channel)
        sound = self._agreement.sound
        if sound is not None and frames.channel in (sound.rtp, sound.rtcp):
            if self._announced and frames.channel == sound.rtp:
                yield from map(SoundPacket, frames.packets)
            return
        if self.state not in (State.STARTING, State.PLAYING) or frames.channel not in channels:
            yield from (Unusable() for _ in frames.packets)
            return
        # Some cameras send media before they answer PLAY.
        yield from self._announce()
        yield Media(frames.channel == channels[1], frames.packets)

    def _announce(self) -> Iterator[Event]:
        if not self._announced:
            self._announced = True
            sound = None if self._agreement.sound is None else self._playing().audio
            yield Playing(self._playing(), self._agreement.transport, sound)

    def _message(self, message: Message, now: float) -> Iterator[Event]:
        match message:
            case Response():
                yield from self._response(message, now)
            case Request():
                self._requests.output.append(reply(message))
                if message.method == "REDIRECT" and (location := message.headers.get("location")):
                    raise Redirected(location)
            case Noise():
                yield Unusable()

    def _response(self, response: Response, now: float) -> Iterator[Event]:
        pending = self._requests.answered(response, now)
        if pending is None:
            yield Unusable()
            return
        if response.status < 200:
            return
        date = parse_date(response.headers.get("date"))
        if date is not None:
            yield ClockSample(date, pending.sent, now)
        if self.state is State.STOPPING:
            self._advance(Step.ANSWERED, now)
            yield Closed()
            return
        if response.status == 401:
            self._requests.sign_in(pending, response.headers, now)
            return
        self._requests.accepted()
        if response.status < 300:
            step = self._accepted(pending, response, now)
            if step is not None:
                self._advance(step, now)
            if self.state is State.PLAYING:
                yield from self._announce()
        elif self.state is State.SETTING_UP_SOUND:
            self._advance(Step.ANSWERED, now)
        elif self.state is State.PLAYING and response.status != 454:
            # Not every camera supports GET_PARAMETER as a keep-alive, but all understand OPTIONS.
            self._keep_alive_method = "OPTIONS"
            self._get_parameter_refused = True
        elif response.status in REDIRECTIONS and (location := response.headers.get("location")):
            raise Redirected(location)
        else:
            self._refused(pending, response.status, now)

    def _refused(self, pending: Pending, status: int, now: float) -> None:
        """Request the stream over another carrier if that may help. If it does not, report the first refusal."""
        words = (SourceReason.UNSUPPORTED, f"The camera answers {pending.method} with status {status}.")
        error = self._first_refusal or CameraError(*REFUSALS.get(status, words))
        if self.state is not State.SETTING_UP or status in FINAL_REFUSALS:
            raise error
        if status != UNSUPPORTED_TRANSPORT:
            self._first_refusal = error
        try:
            self._agreement.refuse()
        except CameraError as none_left:
            raise self._first_refusal or none_left from None
        self._set_up(now)

    def _accepted(self, pending: Pending, response: Response, now: float) -> Step | None:
        """Take an answer, and return the step that it allows, or None if it is not enough to go on."""
        headers = response.headers
        offered = {method.strip().upper() for method in headers.get("public").split(",")}
        if "GET_PARAMETER" in offered and not self._get_parameter_refused:
            self._keep_alive_method = "GET_PARAMETER"
        if "SETUP" not in (pending.method, self._session_told_by):
            self._take_session(headers, pending.method)
        match pending.method:
            case "DESCRIBE":
                self._description = describe(response.body, base_of(map(headers.get, BASES), self._url))
            case "SETUP" if self.state is State.SETTING_UP_SOUND:
                self._agreement.accept_sound(headers.get("transport"))
            case "SETUP":
                self._take_session(headers, pending.method)
                if not self._agreement.accept(headers.get("transport")):
                    self._agreement.refuse()
                    self._set_up(now)
                    return None
                if self._sound_wish() is not None:
                    return Step.SOUND_FOUND
        return Step.ANSWERED

    def _take_session(self, headers: Headers, method: str) -> None:
        """Take the session's name from the answer to SETUP. Some cameras name it in another answer, or not at all."""
        if value := headers.get("session"):
            self._requests.session_id, self._session_timeout = parse_session(value)
            self._session_told_by = method
