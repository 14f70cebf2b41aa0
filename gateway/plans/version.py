"""Defines the versions and drafts of a plan, and checks a draft against the cameras that a school has. Pure."""

from collections.abc import Collection, Set
from dataclasses import dataclass

from gateway.errors import ConfigurationError
from gateway.floorplan.document import Document, digest_of, is_camera, text_of, with_cameras, with_features_of
from gateway.floorplan.load import parse_plan
from gateway.floorplan.model import FloorPlan
from gateway.models import CameraId

MOST_PROBLEMS = 100
"""The maximum number of a draft's problems that are named at once."""


@dataclass(frozen=True, slots=True)
class Version:
    """Describes one version of a plan. ``number`` is 0 for the file that the configuration names, which nobody
    published. ``restores`` is the number of the earlier version that it brings back, if any. ``sha256`` is the hash of
    the published text; the cameras in use differ from it if the configuration has gained or lost some since."""

    number: int
    document: Document
    sha256: bytes
    published_at: float | None = None
    published_by: str | None = None
    approved_by: str | None = None
    note: str = ""
    restores: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Says who wants to publish a draft. Somebody from the other side must approve it first."""

    at: float
    by_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Describes what somebody is working on. ``revision`` grows with every save. It is 0 before the first save, when
    the draft is the version in use."""

    document: Document
    revision: int = 0
    saved_at: float | None = None
    saved_by: str | None = None
    restores: int | None = None
    proposal: Proposal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """Holds a draft's plan, or else the problems that keep it from being one: ``feature id: message``."""

    plan: FloorPlan | None
    problems: tuple[str, ...] = ()


def from_file(document: Document) -> Version:
    """Return the configuration's file as a version."""
    return Version(0, document, digest_of(text_of(document)))


def check(document: Document, cameras: Collection[CameraId]) -> Checked:
    """Return the draft's plan, if it is complete and shows exactly the school's cameras. Blocks for up to a second."""
    try:
        plan = parse_plan(document, "plan")
    except ConfigurationError as error:
        problems = error.problems[:MOST_PROBLEMS]
        return Checked(None, tuple(problem.removeprefix("plan: ") for problem in problems))
    placed = {camera.id for camera in plan.cameras}
    problems = [f"{one}: this camera of the school is not in the plan" for one in cameras if one not in placed]
    problems += [f"{one}: the school has no camera with this id" for one in placed if one not in cameras]
    return Checked(None if problems else plan, tuple(problems[:MOST_PROBLEMS]))


def adapted(document: Document, cameras: Set[CameraId], file: Document) -> Document:
    """Return a published document with the cameras that the school has now.

    The configuration may have changed since. A new camera is placed where the configuration's file has it.
    """
    kept = with_cameras(document, cameras.__contains__)
    new = cameras - {one["id"] for one in kept["features"] if is_camera(one)}
    return with_features_of(kept, file, new)
