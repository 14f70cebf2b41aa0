"""Cameras and viewers come and go for a minute; ``make soak`` runs it for any length."""

from pathlib import Path

import pytest

from tests.soak.run import soak
from tests.soak.verdict import verdict

SECONDS = 60.0
KINDS = 8  # of visitors


@pytest.mark.e2e
@pytest.mark.timeout(180)
async def test_viewers_and_cameras_that_come_and_go_leave_nothing_behind(tmp_path: Path) -> None:
    rests, came = await soak(SECONDS, tmp_path)
    assert len(came) == KINDS, came
    assert rests[-1].visits > 100
    assert verdict(rests) == [], rests
