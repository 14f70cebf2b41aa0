"""Who gets which stream: start bursts, live groups, repeats of a picture that was lost, main stream and substream."""

import asyncio
from collections.abc import Callable
from functools import partial

from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.history import PacketGroup
from gateway.relay.stream import RelayStream
from gateway.webrtc.choice import Pulled, choose
from gateway.webrtc.congestion.stream_selector import Step
from gateway.webrtc.fanout import Fanout
from gateway.webrtc.session import Session
from gateway.webrtc.states import State

PUMP_INTERVAL = 0.002
FRESH = 3.0
"""Seconds without a picture after which a stream is no better than none."""
SEVERE = 0.6
"""A link that carries less of a stream's rate than this is not left with it until the other one's next keyframe."""

Streams = Callable[[CameraId, StreamName], RelayStream | None]


class Distribution:
    """Hands the streams of all cameras to the sessions that play.

    ``expired`` is told of a session whose time is up, ``failed`` of one in which a bug of ours showed, ``unplayable``
    of one that nothing its camera sends is agreed on with any more; all end it.
    """

    def __init__(
        self,
        streams: Streams,
        clock: Clock,
        metrics: Metrics,
        expired: Callable[[Session], None],
        failed: Callable[[Session], None],
        unplayable: Callable[[Session], None],
    ) -> None:
        self._streams = streams
        self._clock = clock
        self._metrics = metrics
        self._expired = expired
        self._failed = failed
        self._unplayable = unplayable
        self._fanouts: dict[tuple[CameraId, StreamName], Fanout] = {}
        self._behind: dict[str, Session] = {}
        self._pumping = False

    def join(self, session: Session) -> None:
        """Send what leads up to now at once, then what comes."""
        fanout = self._fanout(session.camera_id, session.stream)
        if fanout is not None:
            fanout.add(session)
            self._begin(session, fanout.stream)

    def leave(self, session: Session) -> None:
        """Nothing reaches the session after this."""
        self._behind.pop(session.id, None)
        for name in {session.stream, session.target}:
            self._leave(session, name)

    def refresh(self, session: Session) -> None:
        """The viewer has lost the picture: begin again at the last keyframe rather than wait for the next."""
        fanout = self._fanouts.get((session.camera_id, session.stream))
        if fanout is not None and session in fanout:
            self._begin(session, fanout.stream)

    def look(self, session: Session, now: float) -> None:
        """Send the reports that are due, and choose between main stream and substream. Called some times a second."""
        feed = session.feed
        if feed is None or not feed.report(now, self._clock.now()):
            return
        if session.target is session.stream and not (feed.stream.passes and session.decodes(feed.stream)):
            self._divert(session, now)
            return
        if session.ladder is None:
            return
        sub = session.target is StreamName.SUB
        troubled = feed.link.estimate.troubled(now)
        match session.ladder.look(now, not sub, troubled):
            case Step.DOWN:
                self._aim(session, StreamName.SUB, now)
            case Step.UP:
                self._aim(session, session.best, now)
        self._hurry(session, now)

    def _aim(self, session: Session, name: StreamName, now: float) -> None:
        """Have the session switched at the other stream's next keyframe, if it sends anything that can be played."""
        feed = session.feed
        stream = self._streams(session.camera_id, name)
        if feed is None or stream is None or name is session.target or not _plays(session, stream, now):
            return
        if name is session.stream:  # turned round before the other one's keyframe came
            self._leave(session, session.target)
        fanout = self._fanout(session.camera_id, name)
        if fanout is None:
            return
        session.target = name
        if name is session.stream:
            fanout.add(session)
            return
        fanout.await_keyframe(session)

    def _hurry(self, session: Session, now: float) -> None:
        """Where the link does not carry what the session has while it waits for the substream's next keyframe, begin
        at that one's last."""
        feed = session.feed
        if feed is None or session.target is not StreamName.SUB or session.stream is StreamName.SUB:
            return
        ceiling = feed.link.estimate.ceiling(now)
        if ceiling is None or ceiling >= SEVERE * feed.stream.history.bps():
            return
        stream = self._fanouts[session.camera_id, session.target].stream
        gop = stream.gop()
        if gop and _plays(session, stream, now):
            self._leave(session, session.stream)
            self._go_over(stream, session, gop[0], kept=True)
            self._begin(session, stream)

    def _arrived(self, stream: RelayStream, session: Session, group: PacketGroup) -> None:
        """The keyframe that a session waited for, or the first of a stream whose codec has changed."""
        if session.feed is None:
            return
        if not session.decodes(stream):
            self._divert(session, self._clock.monotonic())
            return
        if session.stream is not stream.stream:
            self._leave(session, session.stream)
        self._go_over(stream, session, group)

    def _go_over(self, stream: RelayStream, session: Session, group: PacketGroup, *, kept: bool = False) -> None:
        fanout = self._fanouts[session.camera_id, stream.stream]
        fanout.remove(session)  # it waits no longer
        fanout.add(session)
        session.stream = stream.stream
        if session.feed is not None:
            session.feed.switch(stream, group, kept=kept)

    def _divert(self, session: Session, now: float) -> None:
        """What the session is sent can be sent no more, or what it waited for: go over to the next that was agreed on
        with its viewer, at that one's next keyframe. The camera's transcode begins for whom it has."""
        found = {name: stream for name in StreamName if (stream := self._streams(session.camera_id, name)) is not None}
        pulled = {name: Pulled(stream.codec, stream.passes) for name, stream in found.items()}
        wish = StreamName.SUB if session.stream is StreamName.SUB else StreamName.MAIN
        choices = [choice.stream for choice in choose(pulled, session.codecs, wish)]
        name = next((n for n in choices if n is StreamName.TRANSCODED or _plays(session, found[n], now)), None)
        if session.feed is None or name is None:
            self._unplayable(session)
            return
        fanout = self._fanout(session.camera_id, name)
        for former in {session.stream, session.target} - {name}:
            self._leave(session, former)
        if fanout is None:
            return
        session.target = name
        if name is session.stream:
            fanout.add(session)
        else:
            fanout.await_keyframe(session)
            session.feed.begin((), now)

    def _fanout(self, camera: CameraId, name: StreamName) -> Fanout | None:
        found = self._fanouts.get((camera, name))
        stream = self._streams(camera, name) if found is None else None
        if stream is not None:
            arrived = partial(self._arrived, stream)
            told = self._expired, self._failed, arrived, self._fell_behind
            found = self._fanouts[camera, name] = Fanout(stream, self._clock, self._metrics, *told)
        return found

    def _leave(self, session: Session, name: StreamName) -> None:
        fanout = self._fanouts.get((session.camera_id, name))
        if fanout is not None:
            fanout.remove(session)
            if fanout.empty:
                self._fanouts.pop((session.camera_id, name)).close()

    # Bursts

    def _begin(self, session: Session, stream: RelayStream) -> None:
        if session.feed is not None:
            session.feed.begin(stream.gop(), self._clock.monotonic())
            self._pump_one(session)

    def _fell_behind(self, session: Session) -> None:
        """Something waits to be sent: pump it, with time between, so that no buffer on the way overflows."""
        self._behind[session.id] = session
        if not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_later(PUMP_INTERVAL, self._pump)

    def _pump(self) -> None:
        self._pumping = False
        behind, self._behind = self._behind, {}
        for session in behind.values():
            self._pump_one(session)

    def _pump_one(self, session: Session) -> None:
        if session.state is not State.PLAYING or session.feed is None:
            return
        now = self._clock.monotonic()
        if now >= session.ends_at:
            self._expired(session)
            return
        try:
            if session.feed.pump(now):
                self._fell_behind(session)
        except Exception:
            self._failed(session)


def _plays(session: Session, stream: RelayStream, now: float) -> bool:
    """Whether a stream sends pictures now, and such as the viewer decodes."""
    newest = stream.history.newest()
    return (
        stream.passes
        and session.decodes(stream)
        and newest is not None
        and now - newest.arrival < FRESH
        and not stream.waiting_for_keyframe
    )
