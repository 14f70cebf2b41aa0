"""What holds for all tests."""

import os

from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing of what it shows: speed is the bench's to measure.
# The same examples come in each run, so that a change that breaks nothing passes; `make explore` looks for new ones.
settings.register_profile("same", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("explore", settings.get_profile("same"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
