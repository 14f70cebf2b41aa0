import json
import logging

import pytest

from gateway.process import log

SECRETS = [
    ("rtsp://user:pass@10.0.0.5/main", "rtsp://***@10.0.0.5/main"),
    ("rtsp://user:pa/ss@w:rd@10.0.0.5/main failed", "rtsp://***@10.0.0.5/main failed"),
    ("RTSPS://user@host", "RTSPS://***@host"),
    ("Authorization: Bearer abc.def-ghi_jkl", "Authorization: Bearer ***"),
    ("token eyJhbGciOi.eyJpc3Mi.c2ln-_ refused", "token *** refused"),
    ("DELETE /whep/sessions/s3cr3t-_ 200", "DELETE /whep/sessions/*** 200"),
    ("http://localhost:8080/#invite=s3cr3t-_", "http://localhost:8080/#invite=***"),
    ("Cookie: sightline=s3cr3t-_; other=1", "Cookie: sightline=***; other=1"),
    ("secret whsec_c2VjcmV0/+==", "secret whsec_***"),
    ("a=ice-pwd:s3cr3t/+x", "a=ice-pwd:***"),
]
HARMLESS = ["rtsp://10.0.0.5:554/main is back", "sightline: ready", "mail anna@example.org"]


@pytest.mark.parametrize(("text", "left"), SECRETS)
def test_anything_that_looks_like_a_credential_is_kept_out_of_the_log(text: str, left: str) -> None:
    assert log.redact(text) == left


@pytest.mark.parametrize("text", HARMLESS)
def test_other_words_stay_in_the_log(text: str) -> None:
    assert log.redact(text) == text


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, None) if error else None
    return logging.LogRecord("sources", logging.WARNING, "file.py", 1, message, arguments, trace)


@pytest.mark.parametrize("formatter", [log.PlainFormatter(), log.JsonFormatter()])
def test_secrets_in_arguments_and_errors_are_kept_out_too(formatter: logging.Formatter) -> None:
    error = ValueError("cannot reach rtsp://user:s3cr3t@host/main")
    line = formatter.format(record("pull of %s failed", "rtsp://user:s3cr3t@host/main", error=error))
    assert "s3cr3t" not in line
    assert "ValueError" in line


def test_a_json_line_is_one_object_whatever_the_message() -> None:
    line = log.JsonFormatter().format(record('two\nlines and a "quote" %s', "é"))
    assert "\n" not in line
    assert json.loads(line)["message"] == 'two\nlines and a "quote" é'
    assert json.loads(line).keys() == {"at", "level", "logger", "message"}


def test_a_plain_line_is_dated_in_utc_with_milliseconds() -> None:
    event = record("lost")
    event.created, event.msecs = 1_700_000_000.123, 123.0
    assert log.PlainFormatter().format(event) == "22:13:20.123 WARNING sources: lost"


def test_a_workers_log_line_names_the_worker() -> None:
    assert " WARNING worker 2: sources: lost" in log.PlainFormatter("worker 2").format(record("lost"))
    assert json.loads(log.JsonFormatter("worker 2").format(record("lost")))["process"] == "worker 2"


@pytest.mark.parametrize("as_json", [True, False])
def test_another_process_can_log_like_this_one(as_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.RootLogger(logging.WARNING)
    handler = logging.StreamHandler()
    handler.setFormatter(log.JsonFormatter() if as_json else log.PlainFormatter())
    root.addHandler(handler)
    monkeypatch.setattr(logging, "root", root)
    monkeypatch.setattr(logging.Logger, "root", root)
    assert log.configuration() == (logging.WARNING, as_json)
