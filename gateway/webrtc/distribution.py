"""Gives each viewer the stream that the table in ``switching`` chooses, and pumps waiting packets."""

from collections.abc import Callable
from functools import partial

from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.packet_group import PacketGroup
from gateway.relay.stream import RelayStream
from gateway.webrtc.choice import Pulled, choose
from gateway.webrtc.congestion.stream_selector import Step
from gateway.webrtc.fanout import Fanout
from gateway.webrtc.pump import Pump
from gateway.webrtc.sending.feed import Feed
from gateway.webrtc.session import Session
from gateway.webrtc.switching import Command, Event, Phase, advance, aim, arrive, divert

FRESH = 3.0
"""Seconds without a picture after which a stream is no better than none."""
SEVERE = 0.6
"""If the link carries less than this share of the main stream's rate, do not wait for the substream's next keyframe."""

Streams = Callable[[CameraId, StreamName], RelayStream | None]


class Distribution:
    """Sends the streams of all cameras to the playing sessions.

    ``expired`` is called with a session whose time is up, ``failed`` with one that has met a bug of ours, and
    ``unplayable`` with one whose camera no longer sends anything that its viewer decodes. Each of them ends the
    session.
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
        self._pump = Pump(clock, expired, failed)

    @property
    def watched(self) -> frozenset[tuple[CameraId, StreamName]]:
        """Return the streams that are sent to some viewer, or that some viewer is waiting for."""
        return frozenset(self._fanouts)

    def join(self, session: Session) -> None:
        """Send the pictures since the last keyframe at once, and then each picture as it arrives."""
        self._happened(session, Event.JOINED)

    def leave(self, session: Session) -> None:
        """Stop sending to the session."""
        self._pump.leave(session)
        self._happened(session, Event.LEFT)

    def refresh(self, session: Session) -> None:
        """Begin again at the last keyframe for a viewer that has lost the picture, instead of waiting for the next
        one."""
        self._happened(session, Event.LOST)

    def look(self, session: Session, now: float) -> None:
        """Send the reports that are due, and choose between main stream and substream. This is called a few times a
        second."""
        feed = session.feed
        if feed is None or not feed.report(now, self._clock.now()):
            return
        steady = session.place.phase is Phase.STEADY
        plays = feed.stream.passes and session.decodes(feed.stream)
        if steady and not (plays and self._goes_on(session, feed)):
            self._divert(session, now)
            return
        if steady and session.place.present is StreamName.TRANSCODED:
            self._return(session, feed, now)
        if session.selector is None:
            return
        main = session.place.awaited is not StreamName.SUB
        match session.selector.look(now, main, feed.link.estimate.troubled(now)):
            case Step.DOWN:
                self._aim(session, StreamName.SUB, now)
            case Step.UP:
                self._aim(session, self._best(session, now), now)
        self._hurry(session, now)

    # Events

    def _aim(self, session: Session, wish: StreamName, now: float) -> None:
        """Switch the session at the other stream's next keyframe, if that stream has pictures that the viewer can
        play."""
        stream = self._streams(session.camera_id, wish)
        if stream is None or not _plays(session, stream, now):
            return
        event = aim(session.place, wish)
        if event is not None:
            self._happened(session, event, wish)

    def _return(self, session: Session, feed: Feed, now: float) -> None:
        """Switch a viewer of the transcode at the next keyframe of the camera's own stream, if that can be sent again.

        The stream must have begun with a keyframe, so this is its second one: a single keyframe does not show that the
        camera sends them again. A link that is known to be too slow for the stream keeps the transcode.
        """
        stream, ceiling = self._streams(session.camera_id, session.own), feed.link.estimate.ceiling(now)
        if stream is not None and stream.begins and (ceiling is None or ceiling >= stream.history.bps() > 0):
            self._aim(session, session.own, now)

    def _best(self, session: Session, now: float) -> StreamName:
        """Return the stream to climb to. It is the transcode only as long as the camera's own stream cannot be sent."""
        own = self._streams(session.camera_id, session.own)
        if session.best is StreamName.TRANSCODED and own is not None and own.begins and _plays(session, own, now):
            return session.own
        return session.best

    def _goes_on(self, session: Session, feed: Feed) -> bool:
        """Return False if the viewer is waiting for a keyframe that does not come, while a transcode could begin."""
        stream = feed.stream
        if stream.begins or not (stream.waiting_for_keyframe or feed.waiting == "keyframe"):
            return True
        transcode = self._streams(session.camera_id, StreamName.TRANSCODED)
        return transcode is None or not session.decodes(transcode)

    def _hurry(self, session: Session, now: float) -> None:
        """Begin at the substream's last keyframe if the link is far too slow to wait for its next one."""
        feed, place = session.feed, session.place
        if feed is None or place.awaited is not StreamName.SUB or place.present is StreamName.SUB:
            return
        ceiling = feed.link.estimate.ceiling(now)
        if ceiling is None or ceiling >= SEVERE * feed.stream.history.bps():
            return
        stream = self._fanouts[session.camera_id, StreamName.SUB].stream
        gop = stream.gop()
        if gop and _plays(session, stream, now):
            self._happened(session, Event.HURRIED, first=gop[0])

    def _arrived(self, stream: RelayStream, session: Session, group: PacketGroup) -> None:
        """Switch at the keyframe that a session was waiting for, or at the first one after a change of codec."""
        if session.decodes(stream):
            self._happened(session, arrive(session.place, stream.stream), first=group)
        else:
            self._divert(session, self._clock.monotonic())

    def _divert(self, session: Session, now: float) -> None:
        """Choose another stream because the one that the session has or awaits can no longer be sent. Choosing the
        transcode starts it."""
        found = {name: stream for name in StreamName if (stream := self._streams(session.camera_id, name)) is not None}
        pulled = {name: Pulled(stream.codec, stream.passes, stream.begins) for name, stream in found.items()}
        wish = StreamName.SUB if session.place.present is StreamName.SUB else StreamName.MAIN
        choices = [choice.stream for choice in choose(pulled, session.codecs, wish)]
        choice = next((n for n in choices if n is StreamName.TRANSCODED or _plays(session, found[n], now)), None)
        self._happened(session, divert(session.place, choice), choice)

    # Commands

    def _happened(
        self, session: Session, event: Event, chosen: StreamName | None = None, first: PacketGroup | None = None
    ) -> None:
        """Move the session to its next place, and run the table's commands. ``first`` is the keyframe to switch at."""
        session.place, orders = advance(session.place, event, chosen)
        for command, stream in orders:
            self._do(session, command, stream, first)

    def _do(self, session: Session, command: Command, name: StreamName, first: PacketGroup | None) -> None:
        match command:
            case Command.JOIN:
                self._fanout(session, name).add(session)
            case Command.AWAIT:
                self._fanout(session, name).await_keyframe(session)
            case Command.LEAVE:
                self._leave(session, name)
            case Command.SWITCH | Command.SWITCH_BACK if session.feed is not None and first is not None:
                stream = self._fanout(session, name).stream
                session.feed.switch(stream, first, kept=command is Command.SWITCH_BACK)
            case Command.BEGIN if session.feed is not None:
                session.feed.begin(self._fanout(session, name).stream.gop(), self._clock.monotonic())
                self._pump.pump(session)
            case Command.BLANK if session.feed is not None:
                session.feed.begin((), self._clock.monotonic())
            case Command.CLOSE:
                self._unplayable(session)

    def _fanout(self, session: Session, name: StreamName) -> Fanout:
        key = session.camera_id, name
        found = self._fanouts.get(key)
        if found is None:
            stream = self._streams(*key)
            assert stream is not None, "only streams that exist are chosen"  # noqa: S101 - it was looked up
            arrived = partial(self._arrived, stream)
            told = self._expired, self._failed, arrived, self._pump.fell_behind
            found = self._fanouts[key] = Fanout(stream, self._clock, self._metrics, *told)
        return found

    def _leave(self, session: Session, name: StreamName) -> None:
        fanout = self._fanouts.get((session.camera_id, name))
        if fanout is not None:
            fanout.remove(session)
            if fanout.empty:
                self._fanouts.pop((session.camera_id, name)).close()


def _plays(session: Session, stream: RelayStream, now: float) -> bool:
    """Return True if the stream now sends pictures that the viewer decodes."""
    newest = stream.history.newest()
    return (
        stream.passes
        and session.decodes(stream)
        and newest is not None
        and now - newest.arrival < FRESH
        and not stream.waiting_for_keyframe
    )
