"""Says when a plan was verified, by whom and how, and whether that was too long ago. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.floorplan.kinds import Method, Side

DUE_AFTER = 12
"""Whole months after which a plan must be verified again."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Records that a person of one side compared the plan with the school on a date, and how."""

    side: Side
    on: date
    by: str
    how: Method


def newest(verifications: Sequence[Verification], side: Side) -> Verification | None:
    """Return a side's newest verification, or None if that side has never verified the plan."""
    return max((one for one in verifications if one.side is side), key=lambda one: one.on, default=None)


def verified_since(verifications: Sequence[Verification]) -> date:
    """Return the day from which the plan counts as verified: the earlier of both sides' newest verifications.

    Raises ValueError if there is none.
    """
    return min(found.on for side in Side if (found := newest(verifications, side)) is not None)


def months_since(day: date, today: date) -> int:
    """Return the number of whole months from ``day`` to ``today``, or 0 if ``day`` is in the future."""
    months = (today.year - day.year) * 12 + today.month - day.month - (today.day < day.day)
    return max(0, months)


def verification_warnings(verified_on: date, verifications: Sequence[Verification], today: date) -> tuple[str, ...]:
    """Return what is wrong with a plan's verification, in sentences for a person. Return none if nothing is wrong."""
    told = []
    months = months_since(verified_on, today)
    if verified_on > today:
        told.append(f"The plan says that it was verified on {verified_on}, which is in the future.")
    if months >= DUE_AFTER:
        told.append(
            f"The plan was last verified on {verified_on}, {months} months ago. Walk through the school with it again: "
            f"a plan should be verified every {DUE_AFTER} months."
        )
    if verifications:
        told += [f"Nobody from the {side.value} has verified the plan." for side in Side if _never(verifications, side)]
        walks = [one.on for one in verifications if one.how is Method.WALK_THROUGH]
        if months < DUE_AFTER and (not walks or months_since(max(walks), today) >= DUE_AFTER):
            told.append(f"Nobody has walked through the school with the plan in the last {DUE_AFTER} months.")
    return tuple(told)


def _never(verifications: Sequence[Verification], side: Side) -> bool:
    return newest(verifications, side) is None
