"""Says how old a camera's newest picture is, for lists, by the same rules as for tiles (docs/protocol.md). Pure."""

from gateway.configuration.age_settings import AgeSettings
from gateway.models import SourceState, SourceStatus


def age_state(status: SourceStatus, limits: AgeSettings) -> str:
    """Return ``live``, ``delayed``, ``not_live`` or ``unverified``.

    An age that is not trusted is a lower bound. It never makes a picture live, but it can prove that the picture is
    late.
    """
    if status.state is not SourceState.UP or status.age is None:
        return "not_live"
    trusted = status.age_uncertainty is not None
    oldest = status.age + (status.age_uncertainty or 0.0)
    if oldest >= limits.delayed_below:
        return "not_live"
    if oldest >= limits.live_below:
        return "delayed"
    return "live" if trusted else "unverified"
