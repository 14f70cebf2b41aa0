"""Opens sessions: chooses the stream that a viewer begins with, and answers its offer."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.clock import Clock
from gateway.codecs.names import H264
from gateway.configuration.media_settings import MediaSettings
from gateway.errors import NotFound, Unplayable
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.process.resolver import Resolver
from gateway.relay.audio import AudioStream
from gateway.relay.stream import RelayStream
from gateway.webrtc.choice import Pulled, choose
from gateway.webrtc.interface import OpenSession
from gateway.webrtc.session import Hooks, Session
from gateway.webrtc.signalling.answer import Answerer, build_answer
from gateway.webrtc.signalling.formats import choose_codecs, profile_of
from gateway.webrtc.signalling.offer import Offer, parse_offer
from gateway.webrtc.transport import ice
from gateway.webrtc.transport.addresses import endpoints, own_addresses
from gateway.webrtc.transport.dtls import Identity
from gateway.webrtc.transport.ports import Ports

Streams = Callable[[CameraId, StreamName], RelayStream | None]
Sounds = Callable[[CameraId], AudioStream | None]


class Opening:
    """Creates sessions and answers their offers. The caller registers them."""

    def __init__(
        self,
        settings: MediaSettings,
        streams: Streams,
        sounds: Sounds,
        ports: Ports,
        hooks: Hooks,
        resolver: Resolver,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._streams = streams
        self._sounds = sounds
        self._ports = ports
        self._hooks = hooks
        self._resolver = resolver
        self._clock = clock
        self._metrics = metrics
        self._identity = Identity()

    async def open(self, request: OpenSession) -> tuple[Session, str]:
        """Create a session and the answer for its viewer.

        Raises BadRequest naming the fault of the offer, NotFound if the camera has no stream, and Unplayable if it has
        none that the viewer decodes.
        """
        offer = parse_offer(request.offer)
        if self._sounds(request.camera_id) is None:
            offer = replace(offer, sound=None)
        streams = self._found(request.camera_id)
        playable = _playable(streams, request, offer)
        name, *_ = playable
        where = self.where()
        now = self._clock.monotonic()
        stream = streams[name]
        profile = next((profile_of(group.payloads) for group in stream.gop()[:1]), None)
        codecs = choose_codecs(offer.codecs, profile, stream.codec or H264, *playable.values(), H264)
        best = next((other for other in playable if other is not StreamName.SUB), None)
        wish = request.stream or request.viewer.first_stream
        adapts = request.stream is not StreamName.SUB and StreamName.SUB in playable
        session = Session(
            camera_id=request.camera_id,
            stream=name,
            best=best if adapts else None,
            own=wish if wish in streams and not adapts else StreamName.MAIN,
            viewer=request.viewer,
            offer=offer,
            codecs=codecs,
            identity=self._identity,
            metrics=self._metrics,
            now=now,
            ends_at=request.ends_at,
            hooks=self._hooks,
        )
        answer = build_answer(
            offer,
            codecs,
            Answerer(
                session_id=secrets.randbits(62),
                address=where[0],
                candidates=self.candidates(where),
                ufrag=session.path.credentials.ufrag,
                password=session.path.credentials.password,
                fingerprint=self._identity.fingerprint,
                ssrc=session.ssrc,
                rtx_ssrc=session.rtx_ssrc,
                sound_ssrc=session.sound_ssrc,
                cname=session.cname,
            ),
        )
        return session, answer

    def where(self) -> list[tuple[str, int]]:
        """Return the addresses at which viewers can reach the gateway now, as far as they are known. This never waits
        for a name server."""
        self._ports.attend(own_addresses(self._settings))
        return endpoints(self._settings, self._ports.number, self._resolver.last)

    def candidates(self, where: list[tuple[str, int]]) -> tuple[str, ...]:
        """Return these addresses as values of ``a=candidate``."""
        return tuple(ice.candidate_lines(where, self._settings.tcp))

    def _found(self, camera: CameraId) -> dict[StreamName, RelayStream]:
        found = {name: stream for name in StreamName if (stream := self._streams(camera, name)) is not None}
        if not found:
            raise NotFound("unknown_camera", "There is no such camera.")
        return found


def _playable(streams: Mapping[StreamName, RelayStream], request: OpenSession, offer: Offer) -> dict[StreamName, str]:
    """Return the codecs of all streams that the viewer can be switched to. The first stream is the one to start
    with."""
    pulled = {name: Pulled(stream.codec, stream.passes, stream.begins) for name, stream in streams.items()}
    choices = choose(pulled, {codec.name for codec in offer.codecs}, request.stream or request.viewer.first_stream)
    if not choices:
        raise Unplayable(
            "no_common_codec", "This camera sends no stream that the viewer can decode, according to its offer."
        )
    return {choice.stream: streams[choice.stream].codec or H264 for choice in choices}
