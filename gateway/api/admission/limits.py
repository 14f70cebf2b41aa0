"""Limits how much anybody may request.

Unauthenticated callers have one bucket per address, signed-in users one per sign-in. A bucket holds requests. A request
whose refusal would be recorded costs ten (``DEAR``) until it is answered. So nobody can have many of these in progress
at once, and only a tenth as many requests can be refused as answered.
"""

from collections import OrderedDict
from collections.abc import Container, Iterable
from dataclasses import dataclass

from gateway.api.admission.buckets import Buckets
from gateway.auth.secret import digest

PLAIN, DEAR = 1.0, 10.0

STRANGERS = (600.0, 30.0)
"""Per address: requests at once, and per second after that. Thirty patrol cars behind one NAT may load the page
and sign in."""

PEOPLE = (600.0, 60.0)
"""Per sign-in. A wall of 64 tiles that reconnects after an outage makes about 200 requests within a second."""

PLAYERS = (2000.0, 200.0)
"""Per wall player. If it has 64 tiles and offers for each every four seconds until an incident opens, that uses 160 per
second, because each refusal costs ten."""

ALARMS = (600.0, 10.0)
"""Per sign-in: triggers, acknowledgements and all clear.

They have their own bucket, so nothing else can empty it.
"""

BAD_MESSAGES = (20.0, 1.0)
"""Per webhook: messages without a valid signature. Signed messages are never limited."""

MESSAGES = (2000.0, 200.0)
"""Per sign-in: messages from its pages on their event channels. If 32 pages ask for the time and report the ages
of a wall's tiles, that uses half of it."""

CONNECTING = 50.0
"""The cost of opening an event channel. Its snapshot takes as much time as about fifty messages."""

A_MESSAGE = 200
"""The number of characters that raise the cost of a message by one."""

RECORDS = 10
"""Reading this many records costs as much as one request. A thousand keep the event loop busy for about 50 ms."""

KNOWN = 10_000
"""The number of cookies that are remembered."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Names the bucket that a request is charged to. ``kind`` is its label in the metric."""

    buckets: Buckets
    key: str
    kind: str

    def take(self, now: float, cost: float = PLAIN) -> float:
        """Charge a request and return 0. If the bucket holds too little, return the seconds until it holds enough."""
        return self.buckets.take(self.key, cost, now)

    def give_back(self, now: float, amount: float) -> None:
        """Pay back ``amount``, if the request cost less than was charged for it."""
        self.buckets.give_back(self.key, amount, now)


class Limits:
    """Holds the buckets, and remembers which cookies belong to people we know.

    A known cookie only decides which bucket pays and which connection is kept. For every request, the cookie is still
    checked against the sign-ins. ``webhooks`` holds the ids that exist. ``cookies`` holds the digest and the sign-in
    of each cookie that is valid at the start.
    """

    def __init__(self, webhooks: Container[str], cookies: Iterable[tuple[bytes, str]] = ()) -> None:
        self.webhooks = webhooks
        self._strangers = Buckets(*STRANGERS)
        self._people = Buckets(*PEOPLE)
        self._players = Buckets(*PLAYERS)
        self._alarms = Buckets(*ALARMS)
        self._messages = Buckets(*MESSAGES)
        self._bad_messages = Buckets(*BAD_MESSAGES)
        self._known: OrderedDict[bytes, str] = OrderedDict(cookies)

    def stranger(self, network: str) -> Payer:
        """Return the payer for a stranger's request."""
        return Payer(self._strangers, network, "address")

    def person(self, sign_in_id: str, *, alarm: bool) -> Payer:
        """Return the payer for a signed-in user's request. ``alarm`` means that it changes an incident."""
        return Payer(self._alarms if alarm else self._people, sign_in_id, "sign_in")

    def player(self, player_id: str) -> Payer:
        """Return the payer for a wall player's request."""
        return Payer(self._players, player_id, "player")

    def channel(self, sign_in_id: str) -> Payer:
        """Return the payer for messages that a sign-in's pages send on their event channels."""
        return Payer(self._messages, sign_in_id, "sign_in")

    def webhook(self, webhook_id: str) -> Payer:
        """Return the payer for a message to a webhook that has no valid signature."""
        return Payer(self._bad_messages, webhook_id, "webhook")

    def learn(self, cookie: str, sign_in_id: str | None) -> None:
        """Remember which sign-in a cookie belongs to. None means that it is no longer valid."""
        key = digest(cookie)
        self._known.pop(key, None)
        if sign_in_id is not None:
            self._known[key] = sign_in_id
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)

    def sign_in_of(self, cookie: str) -> str | None:
        """Return the sign-in that a cookie belonged to when it was last looked up, or None."""
        return self._known.get(digest(cookie))
