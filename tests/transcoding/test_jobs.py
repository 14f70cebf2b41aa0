"""Jobs and results arrive unchanged, and nothing else is accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.subprocesses.values import write
from gateway.transcoding.jobs import JOBS, RESULTS, Job, Result

NALS = st.lists(st.binary(min_size=1, max_size=50), max_size=5).map(tuple)
TIMES = st.integers(-(2**62), 2**62)


@given(st.builds(Job, st.sampled_from(["H264", "H265", "JPEG"]), st.booleans(), st.booleans(), TIMES, NALS))
def test_a_job_arrives_unchanged(job: Job) -> None:
    assert JOBS.read(write(job)) == job


@given(st.builds(Result, st.booleans(), st.booleans(), TIMES, NALS))
def test_a_result_arrives_unchanged(result: Result) -> None:
    assert RESULTS.read(write(result)) == result


@pytest.mark.parametrize(
    "said", [(True, False), (1, False, 5, ()), (True, False, "now", ()), (True, False, 5, ("text",)), {}, None]
)
def test_a_result_with_unexpected_values_is_refused(said: object) -> None:
    with pytest.raises(Malformed, match=r"^a result of a transcode: the values do not fit$"):
        RESULTS.read(write(said))
