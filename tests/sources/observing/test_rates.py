import pytest

from gateway.sources.observing.rates import Counters, RateWindow


def test_rates_are_those_of_the_last_five_seconds() -> None:
    window = RateWindow(0.0)
    for second in range(1, 11):
        window.mark(float(second), Counters(units=10 * second, octets=1000 * second, packets=20 * second))
    rates = window.mark(11.0, Counters(units=160, octets=11000, packets=216, lost=4))
    assert rates.fps == pytest.approx((160 - 60) / 5)
    assert rates.bitrate_bps == pytest.approx(8000)
    assert rates.loss == pytest.approx(4 / 100)


def test_a_moment_is_too_short_for_a_rate() -> None:
    assert RateWindow(5.0).mark(5.2, Counters(units=3)) == (0.0, 0.0, 0.0)
