"""Limits how much anybody may ask for: buckets of requests for strangers by address, for people by their sign-in.

Sizes are in requests. One that may end in a refusal on record (``DEAR``) costs ten until it has been answered: so no
one has many of them at work at once, and refusals are ten times as rare as answers.
"""

from collections import OrderedDict
from collections.abc import Container, Iterable
from dataclasses import dataclass

from gateway.api.admission.buckets import Buckets
from gateway.auth.secret import digest

PLAIN, DEAR = 1.0, 10.0

STRANGERS = (600.0, 30.0)
"""At once, and a second after that, of one address: thirty patrol cars behind one NAT load the page and sign in."""

PEOPLE = (600.0, 60.0)
"""Of one sign-in: a wall of 64 tiles that comes back after an outage asks for some 200 things within a second."""

ALARMS = (600.0, 10.0)
"""Of one sign-in, for triggers, acknowledgements and all clear: apart, so that nothing else of it can use them up."""

BAD_MESSAGES = (20.0, 1.0)
"""Of one webhook, for messages that it has not signed. Signed ones are never limited."""

MESSAGES = (2000.0, 200.0)
"""Of one sign-in, for what its pages say on their event channels: 32 pages that each ask for the time and tell the ages
of a wall's tiles come to half of it."""

CONNECTING = 50.0
"""What a new event channel costs: it is told all there is, which takes as long as some fifty messages."""

A_MESSAGE = 200
"""Characters of a message that cost as much as it does to look at a short one."""

RECORDS = 10
"""Records that cost, to whoever reads them, as much as a request: a thousand take the loop some 50 ms."""

KNOWN = 10_000
"""Cookies that are remembered."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose bucket a request is charged to; ``kind`` is the word in the metric."""

    buckets: Buckets
    key: str
    kind: str

    def take(self, now: float, cost: float = PLAIN) -> float:
        """Charge a request. Return the seconds until there will be enough for it; 0: it is paid."""
        return self.buckets.take(self.key, cost, now)

    def give_back(self, now: float, amount: float) -> None:
        """Put back what turned out not to be due."""
        self.buckets.give_back(self.key, amount, now)


class Limits:
    """The buckets, and which cookies are of people whom we know.

    That a cookie is known decides which bucket pays and whose connection is kept, and nothing else: whether it still
    stands for somebody is asked of the sign-ins at each request. ``webhooks`` are the ids that exist, ``cookies`` the
    digest and the sign-in of each that lives at the start.
    """

    def __init__(self, webhooks: Container[str], cookies: Iterable[tuple[bytes, str]] = ()) -> None:
        self.webhooks = webhooks
        self._strangers = Buckets(*STRANGERS)
        self._people = Buckets(*PEOPLE)
        self._alarms = Buckets(*ALARMS)
        self._messages = Buckets(*MESSAGES)
        self._bad_messages = Buckets(*BAD_MESSAGES)
        self._known: OrderedDict[bytes, str] = OrderedDict(cookies)

    def stranger(self, network: str) -> Payer:
        """Return who pays for a request of nobody whom we know."""
        return Payer(self._strangers, network, "address")

    def person(self, sign_in_id: str, *, alarm: bool) -> Payer:
        """Return who pays for a request of a sign-in; ``alarm``: it opens, acknowledges or ends an incident."""
        return Payer(self._alarms if alarm else self._people, sign_in_id, "sign_in")

    def channel(self, sign_in_id: str) -> Payer:
        """Return who pays for what the pages of a sign-in say on their event channels."""
        return Payer(self._messages, sign_in_id, "sign_in")

    def webhook(self, webhook_id: str) -> Payer:
        """Return who pays for a message that is not signed by the webhook that it is for."""
        return Payer(self._bad_messages, webhook_id, "webhook")

    def learn(self, cookie: str, sign_in_id: str | None) -> None:
        """Remember whose a cookie is; None: nobody's any more."""
        key = digest(cookie)
        self._known.pop(key, None)
        if sign_in_id is not None:
            self._known[key] = sign_in_id
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)

    def sign_in_of(self, cookie: str) -> str | None:
        """Return the sign-in that a cookie stood for when it was last looked up."""
        return self._known.get(digest(cookie))
