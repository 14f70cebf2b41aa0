"""Agrees with a camera on what it sends, and how: the description of its stream, the transport of the picture and that
of the sound. Pure."""

from collections.abc import Callable, Sequence

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.events import Playing
from gateway.sources.rtsp.protocol.messages import Response
from gateway.sources.rtsp.protocol.sdp import BASES, Description, base_of, describe
from gateway.sources.rtsp.protocol.states import FINAL_REFUSALS, REFUSALS, UNSUPPORTED_TRANSPORT
from gateway.sources.rtsp.protocol.transport import Agreement, Carrier


class Negotiation:
    """The negotiation of one session. ``agreement`` holds the transports. See ``RtspSession`` for the arguments."""

    def __init__(
        self, url: str, carriers: Sequence[Carrier], open_ports: Callable[[], tuple[int, int]], wants_sound: bool
    ) -> None:
        self.agreement = Agreement(carriers, open_ports)
        self._url = url
        self._wants_sound = wants_sound
        self._description: Description | None = None
        self._first_refusal: CameraError | None = None

    @property
    def description(self) -> Description:
        """Return the description of the stream, which is known once DESCRIBE has been answered."""
        assert self._description is not None, "no description"  # noqa: S101 - the table of states holds it
        return self._description

    def described(self, response: Response) -> None:
        """Process the answer to DESCRIBE. Raises ``CameraError``."""
        self._description = describe(response.body, base_of(map(response.headers.get, BASES), self._url))

    def picture_wish(self) -> tuple[str, str]:
        """Return the URL at which the picture is set up, and the transport to request now."""
        return self.description.setup_url, self.agreement.offer()

    def sound_wish(self) -> tuple[str, str] | None:
        """Return the URL at which sound is set up and the transport to request, or None if sound is not wanted or
        offered."""
        sound, transport = self.description.audio, self.agreement.sound_offer()
        return (sound.setup_url, transport) if self._wants_sound and sound is not None and transport else None

    def refused(self, method: str, status: int) -> CameraError:
        """Return the error with which to end after a refusal: the first refusal that the camera gave."""
        words = (SourceReason.UNSUPPORTED, f"The camera answers {method} with status {status}.")
        return self._first_refusal or CameraError(*REFUSALS.get(status, words))

    def picture_accepted(self, transport: str) -> bool:
        """Process the transport that the camera chose. If it is not what was requested, move on to the next carrier and
        return False. Raises ``CameraError`` if none is left."""
        accepted = self.agreement.accept(transport)
        if not accepted:
            self.agreement.refuse()
        return accepted

    def picture_refused(self, status: int) -> None:
        """Move on to the next carrier if that may help. If it does not, raise the first refusal."""
        error = self.refused("SETUP", status)
        if status in FINAL_REFUSALS:
            raise error
        if status != UNSUPPORTED_TRANSPORT:
            self._first_refusal = error
        try:
            self.agreement.refuse()
        except CameraError as none_left:
            raise self._first_refusal or none_left from None

    def playing(self) -> Playing:
        """Return the result."""
        sound = None if self.agreement.sound is None else self.description.audio
        return Playing(self.description, self.agreement.transport, sound)
