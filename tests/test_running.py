"""Processes: what holds for all of them."""

import gc

from gateway.running import keep_for_good


def test_what_was_there_at_the_start_is_never_looked_through_again() -> None:
    made = [[number] for number in range(1000)]
    keep_for_good()
    try:
        looked_through = {id(item) for item in gc.get_objects()}
        assert not looked_through & {id(item) for item in made}
        assert gc.get_freeze_count() >= len(made)
    finally:
        gc.unfreeze()
