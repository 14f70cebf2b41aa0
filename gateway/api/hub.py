"""Distributes events to the pages that may receive them, and keeps the latest for pages that reconnect."""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Conflict
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import Principal

Message = dict[str, Any]
Audience = Callable[[Principal], bool]

TOO_SLOW = "too_slow"
STOPPING = "stopping"

QUEUE = 500
"""The most messages that may wait for one slow page. Beyond that its channel is closed, and the page connects again."""

KEPT = 400
"""The number of events that are kept for resume. A page that missed more gets a snapshot. All fit into one queue."""

PAGES_PER_SIGN_IN = 32
"""The most channels that one sign-in may have open. More than that means that a page is broken or hostile."""


@dataclass(eq=False, slots=True)
class Listener:
    """Queues messages for one page. ``lost`` is set if the page reads too slowly, or when its sign-in ends."""

    principal: Principal
    sign_in_id: str
    queue: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str = ""

    def drop(self, reason: str) -> None:
        """End this page's channel, which tells the page the reason and then closes."""
        self.reason = reason
        self.lost.set()


class EventHub:
    """Publishes each event to the pages of every person in its audience. It never waits for a page."""

    def __init__(self, metrics: Metrics) -> None:
        self.epoch = secrets.token_hex(8)
        self.seq = 0
        self._metrics = metrics
        self._kept: deque[tuple[Message, Audience]] = deque(maxlen=KEPT)
        self._pages: Listeners[Callable[[Listener], None]] = Listeners("event_channel", metrics)
        self._places: Counter[str] = Counter()

    def publish(self, message: Message, audience: Audience) -> None:
        """Number a message, keep it, and send it to everybody in its audience."""
        self.seq += 1
        numbered = {**message, "seq": self.seq}
        self._kept.append((numbered, audience))
        self._send_to(numbered, lambda page: audience(page.principal))

    def tell(self, principal_id: str, message: Message) -> None:
        """Send a message to all pages of one person, without numbering or keeping it."""
        self._send_to(message, lambda page: page.principal.id == principal_id)

    def tell_sign_in(self, sign_in_id: str, message: Message) -> None:
        """Send a message to all pages of one sign-in, without numbering or keeping it."""
        self._send_to(message, lambda page: page.sign_in_id == sign_in_id)

    def send(self, listener: Listener, message: Message) -> None:
        """Queue a message for one page. If its queue is full, drop the page."""
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

    def join(self, listener: Listener) -> Callable[[], None]:
        """Send a page everything published from now on. Call the returned function when the page has gone."""
        return self._pages.add(lambda do: do(listener))

    def sign_ins(self) -> list[tuple[str, Principal]]:
        """Return (id of the sign-in, person) for every page that is connected."""
        found: list[tuple[str, Principal]] = []
        self._pages.tell(lambda page: found.append((page.sign_in_id, page.principal)))
        return found

    def end_sign_in(self, sign_in_id: str, reason: str) -> None:
        """End the channel of every page of a sign-in."""
        self._pages.tell(lambda page: page.drop(reason) if page.sign_in_id == sign_in_id else None)

    def stop(self) -> None:
        """Close every page's channel because the gateway is stopping. The pages reconnect once it runs again."""
        self._pages.tell(lambda page: page.drop(STOPPING))

    def _send_to(self, message: Message, wanted: Callable[[Listener], bool]) -> None:
        self._pages.tell(lambda page: self.send(page, message) if wanted(page) else None)

    def missed(self, principal: Principal, epoch: object, seq: object) -> list[Message] | None:
        """Return the messages that the page missed since ``seq`` of ``epoch``, or None if it needs a snapshot."""
        if epoch != self.epoch or not isinstance(seq, int) or not 0 <= seq <= self.seq:
            return None
        if self._kept and seq + 1 < self._kept[0][0]["seq"]:
            return None
        return [message for message, audience in self._kept if message["seq"] > seq and audience(principal)]
