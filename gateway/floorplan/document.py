"""Handles a plan as a GeoJSON document that is parsed but not yet checked. Pure."""

import hashlib
import json
from collections.abc import Callable, Collection
from typing import Any

Document = dict[str, Any]
"""A parsed FeatureCollection (RFC 7946)."""


def text_of(document: Document) -> str:
    """Return the document as text with one feature per line, so that two versions can be compared with any tool."""
    features = document.get("features")
    lines = [_one_line(feature) for feature in features] if isinstance(features, list) else []
    rest = [f"{_one_line(key)}: {_one_line(value)}" for key, value in document.items() if key != "features"]
    return "{" + "".join(f"{member},\n " for member in rest) + '"features": [\n  ' + ",\n  ".join(lines) + "\n]}\n"


def digest_of(text: str) -> bytes:
    """Return the SHA-256 of a document's text. A printed plan shows its first digits, to tell versions apart."""
    return hashlib.sha256(text.encode()).digest()


def with_cameras(document: Document, wanted: Callable[[str], object]) -> Document:
    """Return the document without the cameras that are not ``wanted``, by id."""
    return document | {
        "features": [one for one in document["features"] if not is_camera(one) or wanted(str(one.get("id")))]
    }


def with_features_of(document: Document, other: Document, ids: Collection[str]) -> Document:
    """Return the document with the features of ``ids`` taken from ``other`` instead, which may have none of them."""
    own = [one for one in document["features"] if not _has_id(one, ids)]
    return document | {"features": own + [one for one in other["features"] if _has_id(one, ids)]}


def is_camera(feature: Any) -> bool:
    """Return True if this member of ``features`` says that it is a camera."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return isinstance(properties, dict) and properties.get("type") == "camera"


def _has_id(feature: Any, ids: Collection[str]) -> bool:
    return isinstance(feature, dict) and isinstance(one := feature.get("id"), str) and one in ids


def _one_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
