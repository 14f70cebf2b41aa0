from hypothesis import given
from hypothesis import strategies as st

from gateway.transcoding.wire import (
    CODECS,
    HEAD_SIZE,
    Job,
    Result,
    read_head,
    read_job,
    read_result,
    write_job,
    write_result,
)

NALS = st.lists(st.binary(min_size=1, max_size=50), max_size=5).map(tuple)
TIMES = st.integers(-(2**62), 2**62)


@given(st.builds(Job, st.sampled_from(CODECS), st.booleans(), st.booleans(), TIMES, NALS))
def test_a_job_arrives_as_it_was_sent(job: Job) -> None:
    data = write_job(job)
    head = read_head(data[:HEAD_SIZE])
    assert head.size == len(data) - HEAD_SIZE
    assert read_job(head, data[HEAD_SIZE:]) == job


@given(st.builds(Result, st.booleans(), st.booleans(), TIMES, NALS))
def test_a_result_arrives_as_it_was_sent(result: Result) -> None:
    data = write_result(result)
    assert read_result(read_head(data[:HEAD_SIZE]), data[HEAD_SIZE:]) == result
