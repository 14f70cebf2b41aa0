"""Values arrive unchanged. A value of an unexpected type is refused without quoting it."""

import contextlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.configuration.site_settings import CameraSettings, StreamSettings
from gateway.errors import Malformed
from gateway.subprocesses.values import Reader, write

CAMERA = CameraSettings(
    id="hall", name="Hall", main=StreamSettings(url="rtsp://10.0.0.1/"), password=SecretStr("hunter2-hunter2")
)


def test_settings_arrive_with_their_secrets() -> None:
    arrived = Reader[CameraSettings](CameraSettings, "a camera").read(write(CAMERA))
    assert arrived == CAMERA
    assert arrived.password is not None
    assert arrived.password.get_secret_value() == "hunter2-hunter2"


def test_invalid_settings_are_refused_and_not_quoted() -> None:
    with pytest.raises(Malformed) as caught:
        Reader[CameraSettings](CameraSettings, "a camera").read(write({"password": "hunter2-hunter2"}))
    assert str(caught.value) == "a camera: the values do not fit"
    assert caught.value.__cause__ is None


def test_values_of_unknown_types_are_not_sent() -> None:
    with pytest.raises(NotImplementedError, match=r"^Thread"):
        write(threading.Thread())


@given(st.binary())
def test_any_bytes_are_either_a_value_or_refused(body: bytes) -> None:
    for kind in (CameraSettings, str, tuple[int, ...], dict[str, float]):
        with contextlib.suppress(Malformed):
            Reader[object](kind, "it").read(body)


def test_endlessly_nested_values_are_refused() -> None:
    with pytest.raises(Malformed):
        Reader[object](list, "a list").read(b"\x91" * 1_000_000)
