"""Decides which HTTP connection gives way to a new one. Pure: time is an argument.

A new connection always gets a place, since nobody can know yet whether it brings an alarm. Where there is none left,
another one gives its place up: the first in the order of ``Rank``, of those one of the owner that has most of them, of
those the oldest. So an address that opens connection after connection only loses its own, while panic buttons and the
consoles of people who are signed in keep theirs.
"""

from dataclasses import dataclass
from enum import IntEnum

FRESH_FOR = 2.0
"""Seconds that a new connection has for its first request before it counts as idle."""

AN_ADDRESS = 256
"""Connections of strangers that one address may have: thirty patrol cars behind one NAT, six requests at once each."""

A_SIGN_IN = 64
"""Connections of one sign-in: 32 pages with a channel each, and the six requests at once that a browser makes."""


AT_ONCE = 16
"""Where a bound is reached, one part in so many gives way at once: a flood must not have all connections looked through
for each of its own."""


class Rank(IntEnum):
    """Orders connections by how much is lost with them, the least first."""

    IDLE = 1
    """A stranger's that asks for nothing: it is silent, or between two requests, or slow to take an answer."""
    BUSY = 2
    """A stranger's whose request is being answered."""
    FRESH = 3
    """One that has just come: it may bring an alarm."""
    HOOK = 4
    """One with a message to a panic button's address, whose signature is not checked yet."""
    KNOWN_IDLE = 5
    KNOWN = 6
    """A console's, a panic button's that has sent a signed message, or one of our own proxy."""


@dataclass(eq=False, slots=True)
class Place:
    """One connection's place. ``owner`` is an address, or a sign-in or webhook once that is known; ``since`` is when
    the connection was made or last did something; ``asked``: a whole request has come."""

    owner: str
    since: float
    known: bool = False
    asked: bool = False
    busy: bool = False
    hook: bool = False

    def rank(self, now: float) -> Rank:
        """Return how much is lost if this connection is closed now."""
        if self.known:
            return Rank.KNOWN if self.busy else Rank.KNOWN_IDLE
        if self.busy:
            return Rank.HOOK if self.hook else Rank.BUSY
        return Rank.FRESH if not self.asked and now - self.since < FRESH_FOR else Rank.IDLE


class ConnectionPlaces:
    """Holds the places of ``most`` connections. Those that are known leave an eighth of them to newcomers.

    The methods that may have to make room return the places that were taken away; their connections are to be closed.
    """

    def __init__(self, most: int, an_address: int = AN_ADDRESS, a_sign_in: int = A_SIGN_IN) -> None:
        self.most = most
        self.an_address = min(an_address, max(1, most // 4))
        self.a_sign_in = a_sign_in
        self.known = 0
        self._of: dict[str, dict[Place, None]] = {}
        self._taken = 0

    def __len__(self) -> int:
        return self._taken

    def everybody(self) -> list[Place]:
        """Return all places that are taken."""
        return [place for places in self._of.values() for place in places]

    def enter(self, place: Place) -> list[Place]:
        """Give a new connection its place. A stranger's address may hold ``an_address`` of them."""
        gone: list[Place] = []
        held = self._of.get(place.owner, {})
        if not place.known and len(held) >= self.an_address:
            gone = self._give_way(list(held), place.since, max(1, self.an_address // AT_ONCE))
        elif self._taken >= self.most:
            gone = self._give_way(self.everybody(), place.since, max(1, self.most // AT_ONCE))
        self._add(place)
        return gone

    def recognise(self, place: Place, owner: str, now: float) -> list[Place]:
        """Note that a connection is of ``owner``, whom we know."""
        if place.known or place not in self._of.get(place.owner, ()):
            return []
        self.leave(place)
        place.owner, place.known = owner, True
        held = self._of.get(owner, {})
        gone: list[Place] = []
        if len(held) >= self.a_sign_in:
            gone = self._give_way(list(held), now, max(1, self.a_sign_in // AT_ONCE))
        elif self.known >= self.most - self.most // 8:
            gone = self._give_way(
                [other for other in self.everybody() if other.known], now, max(1, self.most // AT_ONCE)
            )
        self._add(place)
        return gone

    def leave(self, place: Place) -> None:
        """Note that a connection is gone. To say so twice is no error."""
        held = self._of.get(place.owner, {})
        if place in held:
            del held[place]
            self._taken -= 1
            self.known -= place.known
            if not held:
                del self._of[place.owner]

    def shed(self, now: float) -> list[Place]:
        """Take places away because files have run out; never those of whom we know, nor of an alarm on its way."""
        below = [place for place in self.everybody() if place.rank(now) < Rank.FRESH]
        return self._give_way(below, now, max(1, self.most // AT_ONCE))

    def _add(self, place: Place) -> None:
        self._of.setdefault(place.owner, {})[place] = None
        self._taken += 1
        self.known += place.known

    def _give_way(self, candidates: list[Place], now: float, count: int) -> list[Place]:
        """Take away up to ``count`` places of the lowest rank that there is."""
        ranked = [(place.rank(now), place) for place in candidates]
        lowest = min((rank for rank, _ in ranked), default=None)
        of: dict[str, list[Place]] = {}
        for place in sorted((place for rank, place in ranked if rank is lowest), key=lambda place: -place.since):
            of.setdefault(place.owner, []).append(place)
        # The deeper a place stands in its owner's own row, the more of them its owner has.
        deepest = sorted(
            ((depth, -place.since, place) for row in of.values() for depth, place in enumerate(row)),
            key=lambda entry: entry[:2],
            reverse=True,
        )
        gone = [place for _, _, place in deepest[:count]]
        for place in gone:
            self.leave(place)
        return gone
