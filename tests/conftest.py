"""Settings for all tests."""

import os

from hypothesis import HealthCheck, settings

# The time of one example only shows how busy the machine is; the bench measures speed. Each run uses the same examples,
# so that a harmless change always passes. `make explore` looks for new examples.
settings.register_profile("same", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("explore", settings.get_profile("same"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
