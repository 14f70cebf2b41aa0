"""Decides which HTTP connection gives way to a new one. Pure: time is an argument.

A new connection always gets a place, since it may bring an alarm. If no place is free, another connection gives up its
own. Connections of the lowest ``Rank`` go first; among those, the oldest one of the owner who has the most. So an
address that keeps opening connections loses only its own, while panic buttons and the consoles of signed-in people keep
theirs.
"""

from dataclasses import dataclass
from enum import IntEnum

FRESH_FOR = 2.0
"""Seconds that a new connection has for its first request before it counts as idle."""

AN_ADDRESS = 256
"""The most connections that strangers may have from one address: enough for thirty patrol cars behind one NAT, with six
requests at once each."""

A_SIGN_IN = 64
"""The most connections that one sign-in may have: enough for 32 pages with a channel each, and a browser's six requests
at once.
"""

AT_ONCE = 16
"""When a limit is reached, one place in this many is freed in one go. Otherwise every connection of a flood would cause
a search through all connections."""


class Rank(IntEnum):
    """Orders connections by how much is lost if they are closed, the least first."""

    IDLE = 1
    """A stranger's connection that asks for nothing: silent, between two requests, or slow to read an answer."""
    BUSY = 2
    """A stranger's connection whose request is being answered."""
    FRESH = 3
    """A new connection, which may bring an alarm."""
    HOOK = 4
    """A connection with a message to a panic button's address, whose signature has not been verified yet."""
    KNOWN_IDLE = 5
    """Like KNOWN, but between two requests."""
    KNOWN = 6
    """A connection of a console, of our own proxy, or of a panic button that has sent a signed message."""


@dataclass(eq=False, slots=True)
class Place:
    """Holds what decides whether one connection keeps its place.

    ``owner`` is an address, or a sign-in or webhook once that is known. ``since`` is when the connection was made or
    was last active. ``asked`` is True once a whole request has arrived.
    """

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
    """Holds places for up to ``most`` connections. Known connections leave an eighth of them to newcomers.

    Methods that may have to make room return the places that they freed. The caller must close those connections.
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
        """Return all places in use."""
        return [place for places in self._of.values() for place in places]

    def enter(self, place: Place) -> list[Place]:
        """Give a new connection its place. A stranger's address may have up to ``an_address`` of them."""
        gone: list[Place] = []
        held = self._of.get(place.owner, {})
        if not place.known and len(held) >= self.an_address:
            gone = self._give_way(list(held), place.since, max(1, self.an_address // AT_ONCE))
        elif self._taken >= self.most:
            gone = self._give_way(self.everybody(), place.since, max(1, self.most // AT_ONCE))
        self._add(place)
        return gone

    def recognise(self, place: Place, owner: str, now: float) -> list[Place]:
        """Note that a connection belongs to ``owner``, a sign-in or webhook that we know."""
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
        """Note that a connection has closed. Calling this twice is harmless."""
        held = self._of.get(place.owner, {})
        if place in held:
            del held[place]
            self._taken -= 1
            self.known -= place.known
            if not held:
                del self._of[place.owner]

    def shed(self, now: float) -> list[Place]:
        """Free places because file descriptors have run out. Spare known connections and possible alarms."""
        below = [place for place in self.everybody() if place.rank(now) < Rank.FRESH]
        return self._give_way(below, now, max(1, self.most // AT_ONCE))

    def _add(self, place: Place) -> None:
        self._of.setdefault(place.owner, {})[place] = None
        self._taken += 1
        self.known += place.known

    def _give_way(self, candidates: list[Place], now: float, count: int) -> list[Place]:
        """Free up to ``count`` places of the lowest rank that any candidate has."""
        ranked = [(place.rank(now), place) for place in candidates]
        lowest = min((rank for rank, _ in ranked), default=None)
        of: dict[str, list[Place]] = {}
        for place in sorted((place for rank, place in ranked if rank is lowest), key=lambda place: -place.since):
            of.setdefault(place.owner, []).append(place)
        # An owner with more places has deeper rows, so its places come first.
        deepest = sorted(
            ((depth, -place.since, place) for row in of.values() for depth, place in enumerate(row)),
            key=lambda entry: entry[:2],
            reverse=True,
        )
        gone = [place for _, _, place in deepest[:count]]
        for place in gone:
            self.leave(place)
        return gone
