"""Computes how long a sign-in lasts: a shift, longer by a press, and never less than an incident. Pure; time is an
argument.

While an incident of their own is open, nobody's sign-in has less than ``after_incident`` left. Its end is moved on
before it comes near, so that a store that fails, or a gateway that is down for a while, throws nobody out; and when the
incident is over, what is left is that hour.
"""

from collections.abc import Iterable

from gateway.configuration.settings import TokenSettings
from gateway.models import Incident

OFFERED_BEFORE_END = 3600.0
"""Seconds before its end from which a sign-in can be prolonged by a press."""

SHIFTS_AT_MOST = 2
"""A sign-in that is prolonged by presses ends this many shifts after it began. An incident alone carries it further."""

STEPS = 12
"""The end of a sign-in that is carried on moves in steps of this fraction of ``after_incident``: 5 min of an hour."""


def may_continue_at(created_at: float, expires_at: float, rules: TokenSettings) -> float | None:
    """The time from which a sign-in can be prolonged by a press; None where it has been prolonged to the limit."""
    if expires_at >= _limit(created_at, rules):
        return None
    return max(created_at, expires_at - OFFERED_BEFORE_END)


def continued_until(created_at: float, expires_at: float, rules: TokenSettings) -> float:
    """The end of a sign-in after one more press; the same end where it has been prolonged to the limit."""
    return max(expires_at, min(expires_at + rules.continuation, _limit(created_at, rules)))


def carried_by(expires_at: float, own: Iterable[Incident], now: float, rules: TokenSettings) -> Incident | None:
    """The open incident that holds a sign-in's end off: it opened before that end, which is less than an hour away.

    ``own``: the open incidents of the person (``access.policy.is_own``). A sign-in that had ended before the incident
    began stays ended.
    """
    if expires_at > now + rules.after_incident:
        return None
    return next((incident for incident in own if incident.opened_at <= expires_at), None)


def carried_until(expires_at: float, now: float, rules: TokenSettings) -> float:
    """The end of a sign-in that an open incident carries on, at ``now``; the same end while enough is left."""
    enough = now + rules.after_incident * (1 - 1 / STEPS)
    return expires_at if expires_at >= enough else now + rules.after_incident


def _limit(created_at: float, rules: TokenSettings) -> float:
    return created_at + SHIFTS_AT_MOST * rules.session_lifetime
