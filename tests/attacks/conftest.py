"""The whole gateway in one process, for those who attack it."""

from tests.in_process import house

__all__ = ["house"]
