"""The gateway in one process, for these tests."""

from tests.in_process import house as house
