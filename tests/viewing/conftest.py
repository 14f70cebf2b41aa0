"""Provides the gateway in one process."""

from tests.in_process import house as house
