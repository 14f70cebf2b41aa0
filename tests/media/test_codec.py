"""Values arrive in the other process unchanged, secrets and bytes included, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from pydantic import SecretStr

from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings, StreamSettings
from gateway.errors import ClientError, ConfigurationError, Malformed, NotFound
from gateway.health.picture import Still
from gateway.media.codec import (
    MESSAGES,
    Call,
    Failure,
    Message,
    Method,
    RemoteFailure,
    Result,
    Tell,
    methods_of,
    read_error,
    write_error,
)
from gateway.media.interface import Figure, Points
from gateway.media.messages import FromWorker, Report, Setup, ToWorker
from gateway.models import (
    CameraId,
    CloseReason,
    SourceReason,
    SourceState,
    SourceStatus,
    StreamName,
    TimelinePoint,
)
from gateway.subprocesses.values import write
from gateway.webrtc.interface import SessionEvent
from gateway.webrtc.session import SessionView
from gateway.webrtc.states import State

HALL = CameraId("hall")
TOLD, ASKED = methods_of(FromWorker), methods_of(ToWorker)


def test_what_a_worker_reports_arrives_unchanged() -> None:
    status = SourceStatus(HALL, StreamName.MAIN, SourceState.UP, SourceReason.NONE, "", 1.5, notes=("a", "b"))
    points = Points(None, TimelinePoint(90, 2.5, 0.1, True, "", 3))
    view = SessionView("s", HALL, StreamName.SUB, State.PLAYING, 9.0, 1, 2, 0.0, None)
    key = (HALL, StreamName.MAIN)
    event = SessionEvent("closed", "s", CloseReason.REVOKED, 4.0, 5, 6, StreamName.SUB)
    for name, arguments in {
        "status_changed": (status,),
        "timeline": (key, points),
        "picture": (HALL, None),
        "session": (event,),
        "report": (Report((status,), ((key, points),), ((HALL, 3.0),), (view,)),),
    }.items():
        method = TOLD.pop(name)
        assert not method.answers
        assert method.read_arguments(method.write_arguments(*arguments)) == arguments
    assert TOLD == {}, "there is another report: test it here"


@given(st.none() | st.builds(Still, st.binary(), st.floats(allow_nan=False)))
def test_a_still_arrives_byte_for_byte(still: Still | None) -> None:
    method = ASKED["still"]
    assert method.answers
    assert method.read_result(method.write_result(still)) == still


@given(st.lists(st.builds(Figure, st.text(), st.dictionaries(st.text(), st.text()), st.floats(allow_nan=False))))
def test_figures_arrive_with_infinite_buckets_too(figures: list[Figure]) -> None:
    method = ASKED["figures"]
    assert method.read_result(method.write_result(tuple(figures))) == tuple(figures)


def test_passwords_reach_the_worker_but_never_the_text_of_a_message_object() -> None:
    camera = CameraSettings(
        id="hall", name="Hall", main=StreamSettings(url="rtsp://10.0.0.1/"), password=SecretStr("s3cret")
    )
    setup = Setup(MediaSettings(), (camera,), 1_700_000_000.5, 20, log_as_json=False)
    assert "s3cret" not in repr(setup)
    method = ASKED["setup"]
    [arrived] = method.read_arguments(method.write_arguments(setup))
    assert arrived == setup
    assert arrived.cameras[0].password.get_secret_value() == "s3cret"


def read(method: Method, body: Raw) -> tuple[tuple[object, ...] | None, str]:
    try:
        return method.read_arguments(body), ""
    except Malformed as error:
        return None, str(error)


@given(st.binary() | st.recursive(st.none() | st.integers(-9, 9) | st.text(), st.lists).map(write))
def test_values_that_do_not_fit_are_refused_and_not_quoted(body: bytes) -> None:
    for method in (*methods_of(ToWorker).values(), *methods_of(FromWorker).values()):
        arguments, said = read(method, Raw(body))
        if arguments is None:
            assert said == f"{method.name}: the values do not fit"
        else:  # some methods take only short texts and small numbers
            assert method.read_arguments(method.write_arguments(*arguments)) == arguments


BODIES = st.binary(max_size=20).map(write).map(Raw)
NUMBERS = st.integers(0, 2**32)


@given(
    st.builds(Call, NUMBERS, st.text(), BODIES)
    | st.builds(Tell, st.text(), BODIES)
    | st.builds(Result, NUMBERS, BODIES)
    | st.builds(Failure, NUMBERS, st.text(), st.lists(st.text()).map(tuple))
)
def test_a_message_arrives_unchanged(message: Message) -> None:
    arrived = MESSAGES.read(write(message))
    assert type(arrived) is type(message)
    assert write(arrived) == write(message)


@given(st.binary())
def test_anything_but_a_message_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match=r"^a message: the values do not fit$"):
        MESSAGES.read(body)


@pytest.mark.parametrize("kind", [NotFound, *NotFound.__mro__[1].__subclasses__()])
def test_a_clients_fault_arrives_as_a_clients_fault(kind: type[ClientError]) -> None:
    error = read_error(write_error(1, kind("some_code", "A sentence.")))
    assert type(error) is kind
    assert isinstance(error, ClientError)
    assert (error.code, error.detail) == ("some_code", "A sentence.")


def test_a_configuration_error_keeps_its_lines_and_a_bug_reveals_nothing() -> None:
    error = read_error(write_error(1, ConfigurationError(["one", "two"])))
    assert isinstance(error, ConfigurationError)
    assert error.problems == ["one", "two"]
    assert isinstance(read_error(write_error(1, KeyError("password"))), RemoteFailure)
    assert b"password" not in write(write_error(1, KeyError("password")))


@given(st.text(), st.lists(st.text()).map(tuple))
def test_an_error_of_an_unknown_type_still_arrives_as_an_error(name: str, words: tuple[str, ...]) -> None:
    assert isinstance(read_error(Failure(1, name, words)), Exception)
