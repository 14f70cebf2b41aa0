"""Defines the base class of all settings."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Settings are immutable and refuse unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
