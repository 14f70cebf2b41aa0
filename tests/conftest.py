"""Settings for all tests."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

# The time of one example only shows how busy the machine is; the bench measures speed. Each run uses the same examples,
# so that a harmless change always passes. `make explore` looks for new examples.
settings.register_profile("same", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("explore", settings.get_profile("same"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a unit test that asks for a quiet machine: several unit tests run at a time, and they measure time with
    their own clock or with ``time.thread_time``.
    """
    for item in items:
        if item.get_closest_marker("quiet") and not item.get_closest_marker("e2e"):
            raise pytest.UsageError(f"{item.nodeid} is marked quiet and not e2e")


def pytest_collection_finish() -> None:
    """Hide all modules and tests from the garbage collector: they stay until the end, and scanning them again and again
    would take a fifth of the time.
    """
    gc.collect()
    gc.freeze()
