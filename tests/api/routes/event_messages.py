"""Reads the messages of an event channel."""

from typing import Any

from tests.in_process import House


def malformed(house: House) -> float:
    return house.metrics.registry.get_sample_value("sightline_malformed_total", {"protocol": "events"}) or 0.0


def of(messages: list[Any], kind: str) -> list[Any]:
    return [message for message in messages if message["type"] == kind]
