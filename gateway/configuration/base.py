"""Defines the base class of all settings."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Makes settings immutable, and refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
