"""Tells the media plane which settings suit a viewer, without revealing who the viewer is. Pure."""

from gateway.access.roles import is_mobile
from gateway.models import Principal, StreamName
from gateway.webrtc.interface import ViewerProfile

MOBILE_LINK = 20e6
"""Bits per second that we assume a mobile network can carry until it shows a limit."""


def profile_of(principal: Principal) -> ViewerProfile:
    """Return the profile that suits the network over which this person watches."""
    if is_mobile(principal):
        return ViewerProfile(principal.role, first_stream=StreamName.SUB, unknown_link=MOBILE_LINK)
    return ViewerProfile(principal.role)
