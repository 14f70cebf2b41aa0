import pytest

from gateway.models import Principal, Role, SiteId, StreamName
from gateway.viewing.profiles import MOBILE_LINK, profile_of


@pytest.mark.parametrize("role", Role)
def test_patrol_cars_begin_with_the_substream_and_all_others_with_the_main_stream(role: Role) -> None:
    profile = profile_of(Principal("p", "P", role, frozenset({SiteId("lincoln")})))
    assert profile.label == role
    mobile = role is Role.PATROL
    assert profile.first_stream is (StreamName.SUB if mobile else StreamName.MAIN)
    assert (profile.unknown_link == MOBILE_LINK) is mobile
