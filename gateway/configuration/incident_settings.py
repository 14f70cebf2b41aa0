"""Defines the settings of incidents: how long they last, and when an alarm counts as unconfirmed."""

from typing import Self

from pydantic import model_validator

from gateway.configuration.base import Model
from gateway.configuration.setting_types import Seconds


class IncidentSettings(Model):
    """Sets the durations of an incident.

    ``warn_before`` lists how many seconds before the incident's end viewers are warned. ``merge_window`` applies per
    place. An alarm that nobody from the police acknowledges within ``confirm_within`` seconds is reported as
    unconfirmed.
    """

    maximum_duration: Seconds = 4 * 3600.0
    extension: Seconds = 3600.0
    warn_before: tuple[Seconds, ...] = (1800.0, 600.0)
    merge_window: Seconds = 1800.0
    confirm_within: Seconds = 15.0

    @model_validator(mode="after")
    def _warnings_fit(self) -> Self:
        if any(before >= self.maximum_duration for before in self.warn_before):
            raise ValueError("every value of warn_before must be less than maximum_duration")
        return self
