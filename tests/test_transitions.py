import pytest

from gateway.errors import IllegalEvent, SightlineError
from gateway.transitions import follow


def test_an_event_missing_from_a_table_raises_a_typed_error_that_names_event_and_state() -> None:
    table = {("open", "push"): "shut"}
    assert follow(table, "open", "push") == "shut"
    with pytest.raises(IllegalEvent, match="push cannot happen in the state shut") as caught:
        follow(table, "shut", "push")
    assert isinstance(caught.value, SightlineError)
    assert (caught.value.state, caught.value.event) == ("shut", "push")
