"""Serves one page's event channel (docs/protocol.md).

It sends a greeting, then a snapshot or the events that the page missed. After that, events go both ways.
"""

import asyncio
import json
from typing import Any, Never

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from gateway.access.roles import Topic, hears
from gateway.api import views
from gateway.api.admission.limits import A_MESSAGE, PLAIN
from gateway.api.admission.throttle import PAUSE
from gateway.api.hub import STOPPING, TOO_SLOW, Listener, Message
from gateway.api.news import watchers_of
from gateway.api.routes.cameras import statuses
from gateway.api.routes.incidents import incident_view
from gateway.api.services import Services
from gateway.api.views import plan_proposal
from gateway.auth.sessions import SignIn
from gateway.errors import StorageError
from gateway.media.events import StreamKey
from gateway.models import CloseReason, Principal, SiteId
from gateway.permission import Action
from gateway.viewing.recording import Viewing
from gateway.webrtc.interface import SessionEvent

TICK = 1.0
COMES_BACK = {TOO_SLOW: WSCloseCode.TRY_AGAIN_LATER, STOPPING: WSCloseCode.GOING_AWAY}
"""The reasons after which the page is still signed in, and connects again by itself."""
FIRST_MESSAGE_WITHIN = 10.0
LARGEST = 1e15
"""A page's times are smaller than this. Larger numbers are refused."""
GLASS_STATES = frozenset({"live", "delayed", "not_live", "unverified"})


def snapshot(services: Services, principal: Principal) -> Message:
    """Return the snapshot: everything that the principal may see now."""
    sites: frozenset[SiteId] = services.access.sites_of(principal)
    incidents = [incident for incident in services.incidents.open() if incident.site_id in sites]
    return {
        "type": "snapshot",
        "seq": services.hub.seq,
        "incidents": [incident_view(services, i) for i in incidents] if hears(principal, Topic.INCIDENTS) else [],
        "cameras": statuses(services, principal),
        "watchers": {site: watchers_of(services, site) for site in sorted(sites)}
        if hears(principal, Topic.WATCHERS)
        else {},
        "proposals": {
            site: plan_proposal(proposal)
            for site, proposal in sorted(services.drafts.proposals.items())
            if services.access.may(principal, Action.APPROVE_PLAN, site) is None
        },
    }


class Page:
    """Reads one page's messages, writes those meant for it, and reports the time of the streams that it watches."""

    def __init__(self, services: Services, socket: web.WebSocketResponse, sign_in: SignIn) -> None:
        self.services = services
        self.socket = socket
        self.sign_in = sign_in
        self.listener = Listener(sign_in.principal, sign_in.id)
        self.watched: dict[str, tuple[Any, ...]] = {}

    async def run(self) -> None:
        """Serve the page until it disconnects, reads too slowly, or its sign-in ends."""
        try:
            await self._serve()
        except* ConnectionError:
            pass  # The page left during a write.

    async def _serve(self) -> None:
        resume = await self._first_message()
        if resume is None:
            await self.socket.close(code=1002, message=b"say resume first")
            return
        if not await self._still_signed_in():
            await self._say_why()
            return
        leave = self.services.hub.join(self.listener)
        try:
            self._greet(resume)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._write(), name="events: write"),
                    group.create_task(self._tick(), name="events: tick"),
                    group.create_task(self._read(), name="events: read"),
                    group.create_task(self.listener.lost.wait(), name="events: lost"),
                ]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
            await self._say_why()
        finally:
            leave()

    async def _first_message(self) -> dict[str, Any] | None:
        try:
            first = await self.socket.receive(FIRST_MESSAGE_WITHIN)
        except TimeoutError:
            return None
        resume = self._parse(first)
        if resume is not None and resume.get("type") == "resume":
            return resume
        self.services.metrics.malformed.labels("events").inc()
        return None

    def _greet(self, resume: dict[str, Any]) -> None:
        hub, clock = self.services.hub, self.services.clock
        missed = hub.missed(self.listener.principal, resume.get("epoch"), resume.get("seq"))
        hello = {"type": "hello", "epoch": hub.epoch, "seq": hub.seq}
        hello |= {"gateway_time": clock.monotonic(), "now_at": clock.now(), "set_by": self._set_by()}
        hub.send(self.listener, hello)
        for message in [snapshot(self.services, self.listener.principal)] if missed is None else missed:
            hub.send(self.listener, message)

    def _set_by(self) -> float:
        """Return the offset, in seconds, from steady time to the machine's clock. Pages add it to show times of day."""
        return round(self.services.clock.wall() - self.services.clock.now(), 1)

    async def _say_why(self) -> None:
        if self.listener.reason and not self.socket.closed:
            code = COMES_BACK.get(self.listener.reason)
            if code is None:
                await self.socket.send_json({"type": "signed_out", "reason": self.listener.reason})
            await self.socket.close(code=code or WSCloseCode.POLICY_VIOLATION)

    async def _write(self) -> None:
        while True:
            message = await self.listener.queue.get()
            if message["type"] == "pong":
                message |= {"gateway_time": self.services.clock.monotonic(), "set_by": self._set_by()}
            await self.socket.send_json(message)

    async def _read(self) -> None:
        async for message in self.socket:
            await self._turn_of(message)
            parsed = self._parse(message)
            if parsed is None or not self._heard(parsed):
                self.services.metrics.malformed.labels("events").inc()

    async def _turn_of(self, message: WSMessage) -> None:
        """Wait until the limits allow another message from this sign-in.

        Meanwhile nothing is read, so TCP slows the page down.
        """
        services = self.services
        await asyncio.sleep(0)  # Otherwise messages that arrived together would be read without giving others a turn.
        cost = PLAIN + (len(message.data) // A_MESSAGE if isinstance(message.data, str) else 0)
        payer = services.limits.channel(self.sign_in.id)
        while wait := payer.take(services.clock.monotonic(), cost):
            services.metrics.http_limited.labels(payer.kind).inc()
            await services.clock.sleep(max(PAUSE, wait))

    def _parse(self, message: WSMessage) -> dict[str, Any] | None:
        if message.type is not WSMsgType.TEXT:
            return None
        try:
            value = json.loads(message.data, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def _heard(self, message: dict[str, Any]) -> bool:
        match message:
            case {"type": "ping", "t0": int() | float() as t0} if abs(t0) < LARGEST:
                self.services.hub.send(self.listener, {"type": "pong", "t0": t0})
            case {"type": "watch", "session": str(session)}:
                viewing = self.services.viewing.get(session)
                if viewing is not None and viewing.sign_in_id == self.sign_in.id:
                    self.watched.setdefault(session, ())
                    self.services.hub.send(self.listener, views.session(viewing, "stream"))
                    self._time_of(session, starts=True)
            case {"type": "glass", "ages": list(ages)}:
                return all(self._glass(age) for age in ages[:64])
            case _:
                return False
        return True

    def _glass(self, report: object) -> bool:
        match report:
            case {"state": str(state), "age": int() | float() as age} if state in GLASS_STATES and abs(age) < LARGEST:
                histogram = self.services.metrics.glass_age_seconds
                histogram.labels(self.listener.principal.role, state).observe(max(0.0, age))
            case {"state": str(state), "age": None} if state in GLASS_STATES:
                pass
            case _:
                return False
        return True

    async def _still_signed_in(self) -> bool:
        """Return False if the sign-in ended before this page joined the hub.

        The sign-in keeper handles sign-ins that end later. If the database does not answer, the page keeps its channel.
        """
        try:
            sign_in = await self.services.sessions.by_id(self.sign_in.id)
        except StorageError:
            return True
        if sign_in is None:
            expired = self.services.clock.now() >= self.sign_in.expires_at
            self.listener.drop("expired" if expired else CloseReason.SIGNED_OUT)
        return sign_in is not None

    async def _tick(self) -> None:
        while True:
            await self.services.clock.sleep(TICK)
            for session in list(self.watched):
                self._time_of(session)

    def _time_of(self, session: str, starts: bool = False) -> None:
        viewing = self.services.viewing.get(session)
        if viewing is None:
            self.watched.pop(session, None)
            return
        hub, pictures = self.services.hub, self.services.pictures
        points = pictures.points((viewing.camera.id, viewing.stream))
        for point in (points.first if starts else None, points.newest):
            if point is not None:
                hub.send(self.listener, views.timeline(viewing, point))
        unchanged = (pictures.unchanged_since(viewing.camera.id),)
        if self.watched[session] != unchanged:
            self.watched[session] = unchanged
            hub.send(
                self.listener, {"type": "picture", "camera": viewing.camera.id, "unchanged_since_gt": unchanged[0]}
            )

    def discontinuity(self, key: StreamKey) -> None:
        """Tell the page at once that the time map of a watched stream has changed."""
        for session in list(self.watched):
            viewing = self.services.viewing.get(session)
            if viewing is not None and (viewing.camera.id, viewing.stream) == key:
                self._time_of(session)

    def changed(self, viewing: Viewing, event: SessionEvent) -> None:
        """Tell the page how to date the pictures, if a watched session now receives another stream."""
        if event.kind == "stream" and viewing.id in self.watched:
            self._time_of(viewing.id, starts=True)


def _no_number(name: str) -> Never:
    raise ValueError(f"JSON has no {name}")
