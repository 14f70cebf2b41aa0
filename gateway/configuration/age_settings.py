"""Defines the ages at which a tile stops calling its picture live (docs/age.md)."""

from typing import Self

from pydantic import model_validator

from gateway.configuration.base import Model
from gateway.configuration.setting_types import Seconds


class AgeSettings(Model):
    """Sets the ages, in seconds, at which a tile changes what it says about its picture.

    A picture younger than ``live_below`` is LIVE. An older one that is younger than ``delayed_below`` is DELAYED, and
    any other is NOT LIVE. A tile is also NOT LIVE if it has shown no new frame for ``no_frame_after``, or if its page
    has heard nothing from the gateway for ``gateway_lost_after``.
    """

    live_below: Seconds = 2.0
    delayed_below: Seconds = 5.0
    no_frame_after: Seconds = 3.0
    gateway_lost_after: Seconds = 3.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.live_below >= self.delayed_below:
            raise ValueError("live_below must be less than delayed_below")
        return self
