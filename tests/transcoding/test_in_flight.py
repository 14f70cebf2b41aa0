import pytest

from gateway.errors import Malformed
from gateway.transcoding.in_flight import MAX_ARRIVALS, MOST, InFlight


def test_a_process_has_few_jobs_at_a_time_and_the_oldest_shows_how_late_it_is() -> None:
    jobs = InFlight()
    assert jobs.waits_for(100.0) == 0
    for number in range(MOST):
        assert not jobs.full
        jobs.give(number * 3000, number - 0.1, float(number))
    assert jobs.full
    assert jobs.waits_for(10.0) == 10
    jobs.done()
    assert not jobs.full
    assert jobs.waits_for(10.0) == 9
    assert jobs.arrival(3000) == 0.9
    jobs.begin()
    assert (jobs.waits_for(10.0), jobs.arrival(3000)) == (0, None)


def test_a_process_that_reports_a_job_it_was_not_given_is_not_believed() -> None:
    jobs = InFlight()
    with pytest.raises(Malformed, match="not given"):
        jobs.done()


def test_a_withdrawn_picture_is_unknown_when_it_comes_out_but_still_counts_as_under_way() -> None:
    jobs = InFlight()
    jobs.give(3000, 1.0, 1.1)
    jobs.withdraw()
    assert jobs.arrival(3000) is None
    assert jobs.waits_for(2.1) == pytest.approx(1.0)
    jobs.done()


def test_pictures_without_any_result_leave_nothing_behind() -> None:
    jobs = InFlight()
    for number in range(MAX_ARRIVALS + 1):
        jobs.give(number, float(number), float(number))
        jobs.done()
    assert [jobs.arrival(number) for number in (0, 1, MAX_ARRIVALS)] == [None, 1, MAX_ARRIVALS]
