import pytest

from tests.incidents.house import House
from tests.incidents.triggers.post import Post


@pytest.fixture
def post(house: House) -> Post:
    return Post(house)
