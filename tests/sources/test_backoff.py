from itertools import islice

from gateway.sources.backoff import backoff


def test_the_limit_doubles_up_to_the_maximum() -> None:
    delays = backoff(lambda low, high: high, first=0.5, longest=5.0)
    assert list(islice(delays, 6)) == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_the_jitter_is_full_but_retries_never_come_too_fast() -> None:
    delays = backoff(lambda low, high: low, first=0.5, longest=5.0)
    assert list(islice(delays, 5)) == [0.05, 0.1, 0.2, 0.4, 0.5]
