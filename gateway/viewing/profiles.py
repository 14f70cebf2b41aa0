"""Tells the media plane what suits a viewer, instead of who they are. Pure."""

from gateway.access.roles import is_mobile
from gateway.models import Principal, StreamName
from gateway.webrtc.interface import ViewerProfile

MOBILE_LINK = 20e6
"""Bits a second that a mobile network is taken to carry until it shows a limit."""


def profile_of(principal: Principal) -> ViewerProfile:
    """Return what suits the place that this person watches from."""
    if is_mobile(principal):
        return ViewerProfile(principal.role, first_stream=StreamName.SUB, unknown_link=MOBILE_LINK)
    return ViewerProfile(principal.role)
