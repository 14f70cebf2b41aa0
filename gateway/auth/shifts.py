"""Computes how long a sign-in lasts: one shift, more after a press, and never less than an incident. Pure.

While a person's own incident is open, their sign-in always has at least about ``after_incident`` left, which is an
hour. Its end is moved long before it is reached, so that nobody is signed out because a disk fails or the gateway is
down for a while. When the incident is over, the person has that hour left.
"""

from collections.abc import Iterable

from gateway.configuration.settings import TokenSettings
from gateway.incident import Incident

OFFERED_BEFORE_END = 3600.0
"""A press can extend a sign-in from this many seconds before its end."""

SHIFTS_AT_MOST = 2
"""Presses can extend a sign-in until this many shifts after it began. Only an incident extends it further."""

STEPS = 12
"""An incident moves the end of a sign-in in steps of ``after_incident`` divided by this, which is 5 min for an hour."""


def may_continue_at(created_at: float, expires_at: float, rules: TokenSettings) -> float | None:
    """Return the time from which a press can extend a sign-in, or None if it has been extended to the limit."""
    if expires_at >= _limit(created_at, rules):
        return None
    return max(created_at, expires_at - OFFERED_BEFORE_END)


def continued_until(created_at: float, expires_at: float, rules: TokenSettings) -> float:
    """Return the end of a sign-in after one more press. It stays the same if it has been extended to the limit."""
    return max(expires_at, min(expires_at + rules.continuation, _limit(created_at, rules)))


def carried_by(expires_at: float, own: Iterable[Incident], now: float, rules: TokenSettings) -> Incident | None:
    """Return the open incident that extends a sign-in, or None. The sign-in must end in less than an hour.

    ``own`` holds the open incidents of the person (``access.policy.is_own``). A sign-in that ended before the incident
    began stays ended.
    """
    if expires_at > now + rules.after_incident:
        return None
    return next((incident for incident in own if incident.opened_at <= expires_at), None)


def carried_until(expires_at: float, now: float, rules: TokenSettings) -> float:
    """Return the new end of a sign-in that an incident extends. It stays the same while enough time is left."""
    enough = now + rules.after_incident * (1 - 1 / STEPS)
    return expires_at if expires_at >= enough else now + rules.after_incident


def _limit(created_at: float, rules: TokenSettings) -> float:
    return created_at + SHIFTS_AT_MOST * rules.session_lifetime
