"""What holds for all tests."""

from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing of what it shows: speed is the bench's to measure.
settings.register_profile("sightline", deadline=None)
settings.load_profile("sightline")
