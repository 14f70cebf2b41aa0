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
from gateway.sources.rtsp.protocol.events import Broken, Closed, Event, Media, SoundPacket, Unusable
from gateway.sources.rtsp.protocol.fields import parse_date
from gateway.sources.rtsp.protocol.keep_alive import KeepAlive
from gateway.sources.rtsp.protocol.messages import Frames, Message, Noise, Request, Response, Torn, encode_frame, reply
from gateway.sources.rtsp.protocol.negotiation import Negotiation
from gateway.sources.rtsp.protocol.reader import Reader
from gateway.sources.rtsp.protocol.requests import ANSWER_TIMEOUT, Pending, Requests
from gateway.sources.rtsp.protocol.states import FINAL_REFUSALS, FROM_START, REDIRECTIONS, State, Step, advance
from gateway.sources.rtsp.protocol.transport import Carrier


class RtspSession:
    """One run of one stream, from DESCRIBE to TEARDOWN.

    Call ``receive`` and ``tick``, and after each call send what ``take_output`` returns. ``output`` is empty if that is
    nothing, as after nearly every call of ``receive``. All times are gateway time.
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
        self.output, self.take_output = self._requests.output, self._requests.take_output
        self.answer_time = self._requests.answer_time
        self._negotiation = Negotiation(address.url, carriers, open_ports, sound)
        self._agreement = self._negotiation.agreement
        self._reader = Reader()
        self._announced = False
        self._keep_alive = KeepAlive()

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

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Process what arrived at ``now``. Raises ``CameraError`` if this run cannot continue."""
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

    def query(self, now: float) -> bool:
        """Ask the camera for its ``Date``, if ``can_query``. Also keeps the session alive."""
        if not self.can_query:
            return False
        self._keep_alive.asked(now)
        self._requests.send(self._keep_alive.method, self._negotiation.description.play_url, now)
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
                # Some cameras do not answer keep-alives; that is not a fault as long as pictures arrive.
                self._requests.give_up()
        if now >= self._keep_alive.due:
            self.query(now)

    def next_tick(self) -> float:
        """Return the gateway time at which ``tick`` is due."""
        pending = self._requests.pending
        return self._keep_alive.due if pending is None else pending.sent + ANSWER_TIMEOUT

    def _advance(self, step: Step, now: float) -> None:
        previous, self.state = self.state, advance(self.state, step)
        if self.state is previous:
            return
        match self.state:
            case State.DESCRIBING:
                self._requests.send("DESCRIBE", self._url, now)
            case State.SETTING_UP:
                self._set_up(self._negotiation.picture_wish(), now)
            case State.SETTING_UP_SOUND:
                if (wish := self._negotiation.sound_wish()) is not None:
                    self._set_up(wish, now)
            case State.STARTING:
                self._reader.channels = self._agreement.channels
                self._requests.send("PLAY", self._negotiation.description.play_url, now)
            case State.PLAYING:
                self._keep_alive.asked(now)
            case State.STOPPING:
                self._requests.send("TEARDOWN", self._negotiation.description.play_url, now)
            case _:
                self._requests.give_up()

    def _set_up(self, wish: tuple[str, str], now: float) -> None:
        url, transport = wish
        self._requests.send("SETUP", url, now, ("Transport", transport))

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
            yield self._negotiation.playing()

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
            case Torn(channel) if channel == self._agreement.rtp_channel:
                yield Broken()

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
            self._keep_alive.refused()
        elif response.status in REDIRECTIONS and (location := response.headers.get("location")):
            raise Redirected(location)
        elif self.state is State.STARTING and pending.field is None and response.status not in FINAL_REFUSALS:
            self._requests.send("PLAY", pending.url, now, FROM_START)
        elif self.state is State.SETTING_UP:
            self._negotiation.picture_refused(response.status)
            self._set_up(self._negotiation.picture_wish(), now)
        else:
            raise self._negotiation.refused(pending.method, response.status)

    def _accepted(self, pending: Pending, response: Response, now: float) -> Step | None:
        """Process an answer, and return the step that it allows, or None if it is not enough to continue."""
        headers = response.headers
        self._keep_alive.offered(headers.get("public"))
        if self.state is not State.SETTING_UP_SOUND:
            name = self._keep_alive.named(pending.method, headers.get("session"))
            self._requests.session_id = self._requests.session_id if name is None else name
        match pending.method:
            case "DESCRIBE":
                self._negotiation.described(response)
            case "SETUP" if self.state is State.SETTING_UP_SOUND:
                self._agreement.accept_sound(headers.get("transport"))
            case "SETUP":
                if not self._negotiation.picture_accepted(headers.get("transport")):
                    self._set_up(self._negotiation.picture_wish(), now)
                    return None
                if self._negotiation.sound_wish() is not None:
                    return Step.SOUND_FOUND
        return Step.ANSWERED
