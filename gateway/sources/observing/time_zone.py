"""Tells a clock error of a whole time zone from a delay or a drift. Pure.

Every zone in use is a multiple of 15 minutes away from UTC (Nepal has 5:45), and cameras that give local time instead
of UTC are common. A stream can be late by exactly as much, and the number alone cannot distinguish the two.
"""

STEP = 900.0
LARGEST = 26 * 3600.0
"""The largest difference between two time zones (UTC-12 and UTC+14)."""
ABOUT = 15.0
"""Seconds by which a difference may miss a multiple of ``STEP``, since it includes the stream's own delay."""


def zone_of(difference: float) -> float | None:
    """Return the signed multiple of 15 minutes to which ``difference`` is close, in seconds, or None if it is close to
    zero or to no multiple."""
    steps = round(difference / STEP)
    if not steps or abs(difference) > LARGEST or abs(difference - steps * STEP) > ABOUT:
        return None
    return steps * STEP


def in_hours(seconds: float) -> str:
    """Return the size of a zone as people write it: 5 h, 5:30 h, 45 min."""
    minutes = round(abs(seconds) / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60}:{minutes % 60:02} h" if minutes % 60 else f"{minutes // 60} h"
