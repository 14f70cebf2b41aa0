"""The event channel's bus: numbered events with an audience, kept for pages that come back."""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Conflict
from gateway.metrics import Metrics
from gateway.models import Principal

Message = dict[str, Any]
Audience = Callable[[Principal], bool]

TOO_SLOW = "too_slow"
STOPPING = "stopping"

QUEUE = 500
"""Messages that may wait for one slow page before it is dropped, to come back."""

KEPT = 400
"""Numbered events kept for resume; a page that missed more gets a snapshot. All of them fit into a page's queue."""

PAGES_PER_SIGN_IN = 32
"""Channels that one sign-in may have open; beyond this a page is broken or hostile."""


@dataclass(eq=False, slots=True)
class Listener:
    """One page's end of the channel. ``lost`` is set when it read too slowly, or its sign-in ended."""

    principal: Principal
    sign_in_id: str
    queue: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str = ""

    def drop(self, reason: str) -> None:
        """End this page's channel; it says why and closes."""
        self.reason = reason
        self.lost.set()


class EventHub:
    """Publishes to all listeners whose principal is in an event's audience. Never waits for any of them."""

    def __init__(self, metrics: Metrics) -> None:
        self.epoch = secrets.token_hex(8)
        self.seq = 0
        self._metrics = metrics
        self._kept: deque[tuple[Message, Audience]] = deque(maxlen=KEPT)
        self._listeners: set[Listener] = set()
        self._places: Counter[str] = Counter()

    def publish(self, message: Message, audience: Audience) -> None:
        """Number, keep and send a message to everyone in its audience."""
        self.seq += 1
        numbered = {**message, "seq": self.seq}
        self._kept.append((numbered, audience))
        for listener in tuple(self._listeners):
            if audience(listener.principal):
                self.send(listener, numbered)

    def tell(self, principal_id: str, message: Message) -> None:
        """Send a message that is neither numbered nor kept to all pages of one person."""
        for listener in tuple(self._listeners):
            if listener.principal.id == principal_id:
                self.send(listener, message)

    def tell_sign_in(self, sign_in_id: str, message: Message) -> None:
        """Send a message that is neither numbered nor kept to all pages of one sign-in."""
        for listener in tuple(self._listeners):
            if listener.sign_in_id == sign_in_id:
                self.send(listener, message)

    def send(self, listener: Listener, message: Message) -> None:
        """Queue a message for one page; a page whose queue is full is dropped."""
        try:
            listener.queue.put_nowait(message)
        except asyncio.QueueFull:
            self._metrics.dropped.labels("event_channel").inc()
            listener.drop(TOO_SLOW)

    @contextmanager
    def place_of(self, sign_in_id: str) -> Iterator[None]:
        """Hold one of the sign-in's places for as long as a page is connected. Raises Conflict."""
        if self._places[sign_in_id] >= PAGES_PER_SIGN_IN:
            raise Conflict("too_many_pages", f"This sign-in already has {PAGES_PER_SIGN_IN} pages open.")
        self._places[sign_in_id] += 1
        try:
            yield
        finally:
            self._places[sign_in_id] -= 1
            if not self._places[sign_in_id]:
                del self._places[sign_in_id]

    def join(self, listener: Listener) -> None:
        """From now on the listener hears what is published."""
        self._listeners.add(listener)

    def leave(self, listener: Listener) -> None:
        """The page is gone."""
        self._listeners.discard(listener)

    def sign_ins(self) -> list[tuple[str, Principal]]:
        """Whose pages are connected: (id of the sign-in, person), an entry a page."""
        return [(listener.sign_in_id, listener.principal) for listener in self._listeners]

    def end_sign_in(self, sign_in_id: str, reason: str) -> None:
        """End the channel of every page of a sign-in."""
        for listener in tuple(self._listeners):
            if listener.sign_in_id == sign_in_id:
                listener.drop(reason)

    def stop(self) -> None:
        """The gateway stops: every page's channel closes now, and the pages come back to the next one."""
        for listener in tuple(self._listeners):
            listener.drop(STOPPING)

    def missed(self, principal: Principal, epoch: object, seq: object) -> list[Message] | None:
        """What the page missed since ``seq`` of ``epoch``; None where only a snapshot can tell."""
        if epoch != self.epoch or not isinstance(seq, int) or not 0 <= seq <= self.seq:
            return None
        if self._kept and seq + 1 < self._kept[0][0]["seq"]:
            return None
        return [message for message, audience in self._kept if message["seq"] > seq and audience(principal)]
