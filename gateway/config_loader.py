"""Reads a district's files and returns checked settings and floor plans.

There is one YAML file, which names the agreements and plans. Everything is checked before anything starts, and all
problems are reported together as ``file:line: key: message``. No message repeats a value, because it might be a secret.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from gateway.configuration.references import entries, reference_problems
from gateway.configuration.setting_types import Lookup, secret_written, webhook_key_written
from gateway.configuration.settings import Settings
from gateway.configuration.tree import ConfigTree
from gateway.configuration.wording import did_you_mean, in_words, keys_at
from gateway.errors import ConfigurationError
from gateway.floorplan.document import Document
from gateway.floorplan.load import parse_plan, read_document
from gateway.floorplan.model import FloorPlan
from gateway.models import SiteId


@dataclass(frozen=True, slots=True)
class Loaded:
    """Holds a usable configuration: every site has its plan, and every camera has its place in that plan.

    ``documents`` are the plans as parsed GeoJSON.
    """

    settings: Settings
    plans: dict[SiteId, FloorPlan]
    documents: dict[SiteId, Document]


def load(
    path: Path,
    overrides: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    lenient: bool = False,
) -> Loaded:
    """Read the configuration at ``path`` and the files that it names.

    ``overrides`` maps dotted keys to values that replace those in the file, such as ``{"http.port": 0}``; list entries
    are named by id or index. ``${NAME}`` references are looked up in ``environment`` (by default that of the process).
    With ``lenient``, a reference that cannot be resolved stays as written.

    Raises ConfigurationError with every problem.
    """
    tree = ConfigTree(path)
    for key, value in (overrides or {}).items():
        tree.override(key, value)
    problems = list(tree.problems)
    if not tree.readable:
        raise ConfigurationError(problems)
    lookup = Lookup(path.parent, os.environ if environment is None else environment, lenient)
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(tree.value, context=lookup)
    except ValidationError as error:
        problems += _faults(tree, error)
    references = reference_problems(tree.value, webhook_key_written(lookup), secret_written(lookup))
    problems += (tree.tell(key, message) for key, message in references)
    plans, documents, faults = _plans(tree, path.parent)
    problems += faults
    if problems or settings is None:
        raise ConfigurationError(list(dict.fromkeys(problems)))
    return Loaded(settings, plans, documents)


def load_without_secrets(path: Path) -> Loaded:
    """Read the configuration for a command that needs only the storage.

    Camera passwords and panic-button secrets need not be available: the gateway's service has them, but an
    administrator's shell does not. Raises ConfigurationError.
    """
    return load(path, lenient=True)


def _faults(tree: ConfigTree, error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_input=False):
        if not fault["loc"]:
            continue  # wrong references between keys are reported elsewhere, each with its own line
        key = fault["loc"][:-1] if fault["loc"][-1] == "[key]" else fault["loc"]
        yield tree.tell(key, in_words(dict(fault), keys_at(Settings, key)))


def _plans(tree: ConfigTree, directory: Path) -> tuple[dict[SiteId, FloorPlan], dict[SiteId, Document], list[str]]:
    """Return the plans of all sites that name one, their GeoJSON, and the problems found in them or between them and
    the site's cameras."""
    plans: dict[SiteId, FloorPlan] = {}
    documents: dict[SiteId, Document] = {}
    problems: list[str] = []
    for index, site in entries(tree.value, "sites"):
        named = site.get("plan")
        if not isinstance(named, str):
            continue
        key = ("sites", index, "plan")
        try:
            document = read_document(directory / named)
            plan = parse_plan(document, str(directory / named))
        except ConfigurationError as error:
            problems += error.problems
            if not (directory / named).is_file():
                problems[-1] = tree.tell(key, error.problems[-1])
            continue
        site_id = SiteId(str(site.get("id")))
        plans[site_id], documents[site_id] = plan, cast(Document, document)
        cameras = {str(camera.get("id")): at for at, camera in entries(site, "cameras")}
        placed = [camera.id for camera in plan.cameras]
        problems += (
            tree.tell((*key[:2], "cameras", at, "id"), f"'{camera}' has no place in the plan {named}")
            + did_you_mean(camera, placed)
            for camera, at in cameras.items()
            if camera not in placed
        )
        problems += (
            tree.tell(key, f"has camera '{camera}', which is not among the cameras of the site")
            + did_you_mean(camera, cameras)
            for camera in placed
            if camera not in cameras
        )
    return plans, documents, problems
