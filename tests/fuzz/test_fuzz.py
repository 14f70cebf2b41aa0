"""A short run of each fuzz target; ``make fuzz`` runs them for any length."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.fuzz.__main__ import AT_ONCE, fuzz, said
from tests.fuzz.memory import held
from tests.fuzz.seeds import apart, together
from tests.fuzz.targets import TARGETS, Line

pytest.importorskip("atheris", reason="atheris has no wheel for this machine")

SECONDS = 5
SEED = 20261123


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
) -> "Iterator[dict[str, Future[subprocess.CompletedProcess[str]]]]":
    directory = tmp_path_factory.mktemp("fuzz")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(fuzz, name, SECONDS, directory, SEED) for name in TARGETS}


@pytest.mark.e2e
@pytest.mark.parametrize("name", TARGETS)
def test_no_input_raises_an_undeclared_error_or_makes_memory_grow(
    name: str, runs: "dict[str, Future[subprocess.CompletedProcess[str]]]"
) -> None:
    run = runs[name].result()
    assert run.returncode == 0, said(run)


@pytest.mark.parametrize("name", TARGETS)
def test_fuzzing_begins_with_well_formed_inputs(name: str) -> None:
    target = TARGETS[name]
    for seed in target.seeds:
        made = target.make()
        target.feed(made, seed)
        if isinstance(made, Line):
            assert made.reception.units
            assert (made.reception.malformed_rtp, made.reception.malformed_rtcp) == (0, 0)
            assert made.reception.malformed_payloads == 0


def test_an_input_is_split_into_its_pieces() -> None:
    pieces = [b"", b"one", bytes(300)]
    assert list(apart(together(*pieces))) == pieces
    assert list(apart(together(b"whole") + b"\0\x09cut")) == [b"whole", b"cut"]


def test_the_memory_of_an_object_includes_what_it_refers_to() -> None:
    assert 5000 < held({"a": [bytes(5000)]}) < 6000
