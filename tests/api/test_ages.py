"""A list never shows a camera as live while its picture is late or of unknown age."""

import pytest

from gateway.api.ages import age_state
from gateway.configuration.age_settings import AgeSettings
from gateway.models import CameraId, SourceReason, SourceState, SourceStatus, StreamName


def status(age: float | None, uncertainty: float | None, state: SourceState = SourceState.UP) -> SourceStatus:
    return SourceStatus(
        CameraId("door"), StreamName.MAIN, state, SourceReason.NONE, "", 0.0, age=age, age_uncertainty=uncertainty
    )


@pytest.mark.parametrize(
    ("age", "uncertainty", "expected"),
    [
        (0.3, 0.05, "live"),
        (1.9, 0.2, "delayed"),
        (3.0, 0.05, "delayed"),
        (5.0, 0.05, "not_live"),
        (1200.0, 0.05, "not_live"),
        (0.3, None, "unverified"),
        (3.0, None, "delayed"),
        (900.0, None, "not_live"),
        (None, None, "not_live"),
    ],
)
def test_a_camera_that_is_up_is_not_called_live_while_its_picture_is_late_or_unverified(
    age: float | None, uncertainty: float | None, expected: str
) -> None:
    assert age_state(status(age, uncertainty), AgeSettings()) == expected


@pytest.mark.parametrize("state", [state for state in SourceState if state is not SourceState.UP])
def test_a_camera_that_passes_on_no_pictures_is_not_live_however_recent_its_last_one_is(state: SourceState) -> None:
    assert age_state(status(0.3, 0.05, state), AgeSettings()) == "not_live"
