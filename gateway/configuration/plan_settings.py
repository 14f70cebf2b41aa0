"""Defines the settings for drawing and publishing floor plans."""

from typing import Literal

from gateway.configuration.base import Model


class PlanSettings(Model):
    """Sets who must agree before a plan is published.

    With ``approval: police``, what district IT wants to publish waits until a dispatcher or headquarters approves it.
    """

    approval: Literal["none", "police"] = "none"
