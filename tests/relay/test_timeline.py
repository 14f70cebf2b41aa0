"""The clock rows of the fault table in docs/age.md hold, alone and in every combination."""

from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.relay.growth import SAME_WITHIN
from gateway.relay.line import LEAP
from gateway.relay.timeline import NO_WALLS, SLACK, STEP, Timeline
from gateway.sources.media import ClockSample
from tests.relay.camera_model import CAMERA_EPOCH, CameraModel, Seen, run


def states(seen: list[Seen]) -> list[str]:
    """Return the states in the order in which they were shown, without repetition."""
    shown = [one.state for one in seen]
    return [state for at, state in enumerate(shown) if at == 0 or shown[at - 1] != state]


def after(seen: list[Seen], when: float) -> list[Seen]:
    return [one for one in seen if one.now >= when]


def errors(seen: list[Seen]) -> list[float]:
    return sorted(abs(one.age - one.true_age) for one in seen)


def p95(values: list[float]) -> float:
    return values[int(0.95 * len(values))]


def test_an_honest_camera_is_live_with_the_right_age_from_the_start() -> None:
    for seed in range(40):
        random = Random(seed)
        offset = random.uniform(-20, 20)
        model = CameraModel(offset=lambda t, o=offset: o, random=random)  # type: ignore[misc]
        seen = list(run(model, 14))
        assert {one.state for one in after(seen, 0.5)} == {"LIVE"}
        assert p95(errors(after(seen, 0.5)[:200])) < 0.15
        assert max(errors(after(seen, 8))) < 0.03


def test_a_wrong_clock_is_corrected() -> None:
    for offset in (-3600.0, -10.0, 10.0, 3600.0):
        seen = list(run(CameraModel(offset=lambda t, o=offset: o), 12))  # type: ignore[misc]
        assert states(after(seen, 0.5)) == ["LIVE"]
        assert max(errors(after(seen, 6))) < 0.05


def test_a_fast_clock_does_not_hide_a_late_stream() -> None:
    seen = list(run(CameraModel(offset=lambda t: 10.0, delay=lambda t: 10.0), 12))
    assert states(after(seen, 0.5)) == ["NOT LIVE"]
    assert max(errors(after(seen, 6))) < 0.05


def test_a_delay_of_three_seconds_is_shown_within_three_seconds() -> None:
    seen = list(run(CameraModel(delay=lambda t: 0.05 if t < 120 else 3.0), 40))
    assert states(after(seen, 1)) == ["LIVE", "DELAYED"]
    assert {one.state for one in after(seen, 23)} == {"DELAYED"}


def test_a_recorder_that_plays_back_is_not_live_at_once() -> None:
    for delay in (10.0, 1200.0):
        seen = list(run(CameraModel(delay=lambda t, d=delay: 0.05 if t < 120 else d), 40))  # type: ignore[misc]
        assert states(after(seen, 1)) == ["LIVE", "NOT LIVE"]
        assert {one.state for one in after(seen, 20.1)} == {"NOT LIVE"}
        assert max(errors(after(seen, 20.1))) < 0.05


def test_a_stream_that_is_late_from_the_start_is_not_live() -> None:
    for delay in (10.0, 1200.0):
        seen = list(run(CameraModel(delay=lambda t, d=delay: d), 10))  # type: ignore[misc]
        assert states(after(seen, 0.5)) == ["NOT LIVE"]


def test_growing_delay_is_shown_while_it_grows() -> None:
    for slope in (0.02, 0.3, 0.9):
        delay = lambda t, s=slope: 0.05 + min(10.0, max(0.0, (t - 110) * s))  # noqa: E731
        seen = list(run(CameraModel(delay=delay, jitter=0.0), 20 + 10 / slope))
        assert states(after(seen, 1)) == ["LIVE", "DELAYED", "NOT LIVE"]
        assert max(errors(after(seen, 6))) < 0.1


def test_growth_counts_even_if_reports_are_stamped_when_they_are_sent() -> None:
    delay = lambda t: 0.05 + min(10.0, max(0.0, (t - 110) * 0.03))  # noqa: E731
    seen = list(run(CameraModel(delay=delay, jitter=0.0, send_time_reports=True), 400))
    assert states(after(seen, 1)) == ["LIVE", "DELAYED", "NOT LIVE"]
    assert max(one.true_age - one.age for one in seen) < 0.15


def test_growth_counts_even_if_nothing_is_trusted() -> None:
    delay = lambda t: 0.05 + min(10.0, max(0.0, (t - 110) * 0.5))  # noqa: E731
    seen = list(run(CameraModel(delay=delay, reports=False), 40))
    assert states(seen) == ["UNVERIFIED"]
    assert 9.9 < seen[-1].age < 10.2


def test_without_reports_or_without_a_second_path_it_is_unverified() -> None:
    for model, word in (
        (CameraModel(reports=False), "no sender reports"),
        (CameraModel(dates=lambda t: False), "does not say what its clock reads"),
    ):
        seen = list(run(model, 40))
        assert states(seen) == ["UNVERIFIED"]
        assert word in seen[-1].map.reason


def test_before_the_first_report_it_is_unverified_and_says_why() -> None:
    first = next(run(CameraModel(), 5))
    assert (first.state, first.map.reason) == ("UNVERIFIED", "No sender report yet.")


def test_after_a_clock_is_set_the_age_is_unverified_until_measured_again() -> None:
    for jump in (-3600.0, -0.5, 0.5, 3600.0):
        seen = list(run(CameraModel(offset=lambda t, j=jump: 0.0 if t < 120 else j), 40))  # type: ignore[misc]
        assert states(after(seen, 1)) == ["LIVE", "UNVERIFIED", "LIVE"]
        untrusted = [one.now for one in after(seen, 1) if one.state == "UNVERIFIED"]
        assert untrusted[0] < 20 + 5.2  # the next report
        assert untrusted[-1] - untrusted[0] < 7
        assert "set" in next(one.map.reason for one in after(seen, 1) if one.state == "UNVERIFIED")
        assert max(errors(after(seen, 34))) < 0.05


def test_a_clock_set_by_less_than_a_second_is_noticed_even_if_nothing_else_shows_it() -> None:
    seen = list(run(CameraModel(offset=lambda t: 0.0 if t < 130 else 0.25), 120))
    assert max(errors(after(seen, 100))) < 0.05


def test_a_slow_or_fast_media_clock_does_no_harm() -> None:
    for drift in (-100e-6, 100e-6):
        seen = list(run(CameraModel(media=lambda t, d=drift: t * d), 600))  # type: ignore[misc]
        assert states(after(seen, 1)) == ["LIVE"]
        assert max(errors(after(seen, 8))) < 0.05


def test_a_drifting_clock_is_followed() -> None:
    seen = list(run(CameraModel(offset=lambda t: t * 90e-6), 900))
    assert states(after(seen, 1)) == ["LIVE"]
    assert max(errors(after(seen, 8))) < 0.05


def test_a_stream_that_stops_keeps_its_age_counting() -> None:
    seen = list(run(CameraModel(playing=lambda t: t < 120), 60))
    assert states(after(seen, 1)) == ["LIVE", "DELAYED", "NOT LIVE"]
    assert max(errors(after(seen, 6))) < 0.05


def test_a_restarted_media_clock_recovers_with_the_next_report() -> None:
    for leap in (-4000.0, 4000.0):
        seen = list(run(CameraModel(media=lambda t, x=leap: 0.0 if t < 122 else x), 60))  # type: ignore[misc]
        assert seen[-1].state == "LIVE"
        assert max(errors(after(seen, 40))) < 0.05


def test_a_date_far_from_the_reports_is_not_believed() -> None:
    model = CameraModel(clock_trusted=True, wall=lambda t: 1_700_000_000.0 - 3000)
    assert "future" in list(run(model, 10))[-1].map.reason
    uptime = CameraModel(clock_trusted=True, wall=lambda t: 1_700_000_000.0 + 1e8)
    assert "do not carry" in list(run(uptime, 10))[-1].map.reason


@pytest.mark.parametrize("zone", [-8 * 3600.0, -3600.0, 900.0, 1800.0, 5 * 3600.0, 5.75 * 3600.0, 14 * 3600.0])
@pytest.mark.parametrize("delay", [0.05, 8.0])
def test_local_time_on_one_of_two_clocks_never_counts_as_an_age(zone: float, delay: float) -> None:
    for reports in (zone, -zone):
        seen = list(run(CameraModel(reports_ahead=reports, delay=lambda t: delay), 12))
        assert {one.state for one in after(seen, 0.5)} == {"UNVERIFIED"}
        assert "time zone" in seen[-1].map.reason


def test_a_stream_that_is_late_by_a_quarter_of_an_hour_is_never_live() -> None:
    for delay in (900.0, 1800.0, 2700.0, 3600.0):
        seen = list(run(CameraModel(delay=lambda t, d=delay: d), 12))  # type: ignore[misc]
        assert {one.state for one in after(seen, 0.5)} == {"UNVERIFIED"}


def test_a_delay_that_grows_to_a_quarter_of_an_hour_is_shown_as_at_least_that_old() -> None:
    seen = list(run(CameraModel(delay=lambda t: 0.05 + max(0.0, min(900.0, (t - 110) * 0.9)), jitter=0.0), 1050))
    assert min(one.age - one.true_age for one in after(seen, 1)) > -0.1
    assert seen[-1].age > 890


def test_a_delay_that_is_not_a_multiple_of_15_minutes_keeps_its_true_age() -> None:
    for delay in (600.0, 1200.0, 4000.0):
        seen = list(run(CameraModel(delay=lambda t, d=delay: d), 12))  # type: ignore[misc]
        assert states(after(seen, 0.5)) == ["NOT LIVE"]
        assert max(errors(after(seen, 6))) < 0.05


def test_a_camera_that_gives_local_time_everywhere_is_live() -> None:
    seen = list(run(CameraModel(offset=lambda t: -5 * 3600.0), 12))
    assert states(after(seen, 0.5)) == ["LIVE"]


def test_a_trusted_clock_needs_no_date_and_is_never_queried() -> None:
    seen = list(run(CameraModel(clock_trusted=True, dates=lambda t: False), 10))
    assert states(after(seen, 0.5)) == ["LIVE"]
    assert max(errors(after(seen, 0.5))) < 0.06


def gateway_set(delay: float, wrong_before: float, wrong_after: float) -> list[Seen]:
    """Model a trusted camera at a gateway whose clock is off by the first value, and after 13 s by the second."""
    return list(
        run(
            CameraModel(
                clock_trusted=True,
                delay=lambda t: delay,
                wall=lambda t: CAMERA_EPOCH + (wrong_before if t < 113 else wrong_after),
                steady=lambda t: CAMERA_EPOCH + wrong_before,
            ),
            40,
        )
    )


@pytest.mark.parametrize(("delay", "set_by"), [(10.0, -10.0), (10.0, -9.0), (3.0, -2.9), (1800.0, -1799.5)])
def test_a_late_stream_with_a_trusted_clock_never_looks_live_after_the_gateways_clock_is_set_back(
    delay: float, set_by: float
) -> None:
    """A regression: such a stream was LIVE from the next report on, because a late picture looks young if the clock is
    set back.
    """
    seen = after(gateway_set(delay, 0.0, set_by), 0.5)
    assert "LIVE" not in {one.state for one in seen}
    assert "own clock" in seen[-1].map.reason


@pytest.mark.parametrize("set_by", [-3600.0, -13.0, -1.0, -0.1])
def test_a_live_stream_with_a_trusted_clock_stays_live_if_the_gateways_clock_is_wrongly_set_back(set_by: float) -> None:
    seen = after(gateway_set(0.05, 0.0, set_by), 0.5)
    assert {one.state for one in seen} == {"LIVE"}
    assert max(errors(seen)) < 0.15


def test_a_live_stream_with_a_trusted_clock_stays_live_if_the_gateways_clock_is_set_forward() -> None:
    seen = after(gateway_set(0.05, 0.0, 13 * 3600.0), 0.5)
    assert states(seen) == ["LIVE", "UNVERIFIED"]


def test_a_trusted_clock_is_believed_once_the_gateways_slow_clock_is_set_right() -> None:
    """This happens on a machine whose clock is wrong until its time service starts."""
    seen = after(gateway_set(0.05, -1200.0, 0.0), 0.5)
    assert states(seen) == ["UNVERIFIED", "LIVE"]
    assert max(errors(after(seen, 13.2))) < 0.15


@settings(max_examples=60)
@given(
    delay=st.floats(0.0, 4000.0),
    wrong=st.floats(-4000.0, 4000.0),
    right_first=st.booleans(),
    small=st.floats(-3.0, 3.0),
    either=st.booleans(),
)
def test_however_the_gateways_clock_is_set_a_late_picture_with_a_trusted_clock_is_not_live(
    delay: float, wrong: float, right_first: bool, small: float, either: bool
) -> None:
    """One of the two times is right. Ages shown before the clock is corrected may be wrong."""
    off = small if either else wrong
    seen = gateway_set(delay, *((0.0, off) if right_first else (off, 0.0)))
    for one in after(seen, 0.5 if right_first else 13.2):
        if one.state == "LIVE":
            assert one.true_age < 2.0 + SLACK
        if one.map.trusted:
            assert one.true_age <= one.age + one.map.uncertainty + SLACK


def test_a_recorder_that_goes_back_past_a_media_clock_step_is_not_believed_until_it_reports() -> None:
    """Its timestamps go back by less than its pictures do."""
    model = CameraModel(
        delay=lambda t: 0.05 if t < 107 else 4.05,
        media=lambda t: -2.0 if t >= 105 else 0.0,
        jitter=0.0,
    )
    seen = list(run(model, 30))
    assert {one.state for one in seen if 7.05 < one.now < 7.9} == {"UNVERIFIED"}
    for one in seen:
        if one.map.trusted:
            assert one.true_age <= one.age + one.map.uncertainty + SLACK
    assert seen[-1].state == "DELAYED"


times = st.floats(105, 170)
steps = st.one_of(st.floats(-30, 30), st.sampled_from([-3600.0, 3600.0, -0.2, 0.2]))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 1 << 30),
    base=st.floats(-5000, 5000),
    drift=st.floats(-90e-6, 90e-6),
    jump_at=times,
    jump=steps,
    delay_at=times,
    delay=st.floats(0, 30),
    slope=st.one_of(st.just(1e9), st.floats(0.01, 1)),
    media_at=times,
    leap=st.one_of(st.just(0.0), steps),
    round_trip=st.floats(0.001, 0.3),
    jitter=st.floats(0, 0.05),
    silence=st.tuples(times, st.floats(0, 20)),
)
def test_while_trusted_a_picture_is_never_shown_as_younger_than_it_is(
    seed: int, base: float, drift: float, jump_at: float, jump: float, delay_at: float, delay: float, slope: float,
    media_at: float, leap: float, round_trip: float, jitter: float, silence: tuple[float, float],
) -> None:  # fmt: skip
    # Pictures from before a media clock was set back, played again exactly that much later: the timestamps continue
    # seamlessly.
    assume(not (0 <= delay_at - media_at < 0.05 + delay and abs(delay + leap) <= LEAP))
    # A late stream whose media clock is set slightly ahead: it looks like one that is catching up.
    assume(not (STEP < leap <= LEAP and delay > 0))
    model = CameraModel(
        offset=lambda t: base + t * drift + (jump if t >= jump_at else 0.0),
        delay=lambda t: 0.05 + min(delay, max(0.0, (t - delay_at) * slope)),
        media=lambda t: leap if t >= media_at else 0.0,
        playing=lambda t: not silence[0] <= t < sum(silence),
        queue=slope <= 1,
        round_trip=round_trip,
        jitter=jitter,
        random=Random(seed),
    )
    for one in run(model, 90):
        if one.map.trusted:
            assert one.true_age <= one.age + one.map.uncertainty + SLACK
            assert one.state != "LIVE" or one.true_age < 2.0 + SLACK


@given(
    lags=st.lists(st.floats(0.0, 0.3) | st.floats(0.0, 0.02), min_size=2, max_size=120),
    reported=st.integers(0, 119),
    fps=st.sampled_from([2, 15, 30, 120]),
)
def test_a_map_that_counts_as_the_same_is_the_same(lags: list[float], reported: int, fps: int) -> None:
    timeline, kept = Timeline(), None
    timeline.connected(0.0)
    timeline.clock_sample(ClockSample(CAMERA_EPOCH, 0.0, 0.01))
    for number, lag in enumerate(lags):
        media = number / fps
        now = media + lag
        timeline.picture(media, now, 0.0, NO_WALLS)
        if number == min(reported, len(lags) // 2):
            timeline.sender_report(media, CAMERA_EPOCH + 0.5 + media, now)
            kept = None
        told = timeline.map(now)
        if timeline.same(now) and kept is not None:
            assert (told.trusted, told.reason) == (kept.trusted, kept.reason)
            assert abs(told.intercept - kept.intercept) <= SAME_WITHIN + 1e-4
        else:
            kept = told


def test_a_leap_or_a_new_connection_is_never_the_same_map() -> None:
    timeline = Timeline()
    timeline.connected(0.0)
    timeline.picture(0.0, 1.0, 0.0, NO_WALLS)
    assert [timeline.same(1.0), timeline.same(1.01)] == [False, True]
    timeline.picture(50.0, 1.02, 48.9, NO_WALLS)
    assert not timeline.same(1.02)
    timeline.connected(1.03)
    assert not timeline.same(1.03)


def test_a_map_that_depends_on_the_gateways_own_clock_never_counts_as_the_same() -> None:
    timeline = Timeline(clock_trusted=True)
    timeline.connected(0.0)
    timeline.picture(0.0, 1.0, 0.0, NO_WALLS)
    assert [timeline.same(1.0), timeline.same(1.0)] == [False, False]
