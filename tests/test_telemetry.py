"""Logs: one line per event, and no sensitive value in any of them."""

import json

import pytest

from poolhouse import service_model
from poolhouse.telemetry import Log

SENSITIVE = frozenset(name.lower() for name in service_model.sensitive_members())


@pytest.fixture
def log():
    made = Log()
    made.configure("info", "json", frozenset({"password", "token", "authorization"}) | SENSITIVE)
    return made


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_is_one_line_of_json(log, capsys):
    """Name, level, time and fields; line breaks in values do not break the line."""
    log.info("ready", url="http://x", text="one\ntwo")
    (found,) = lines(capsys)
    assert (found["event"], found["level"], found["url"], found["text"]) == ("ready", "info", "http://x", "one\ntwo")
    assert found["timestamp"].endswith("Z")


def test_levels_below_the_set_one_are_silent(log, capsys):
    """`debug` says nothing at level info."""
    log.debug("quiet")
    log.warning("loud")
    assert [event["event"] for event in lines(capsys)] == ["loud"]


@pytest.mark.parametrize(
    "name", ["password", "Password", "TOKEN", "Authorization", "AccessToken", "ClientSecret", "SecretHash", "Session"]
)
def test_sensitive_members_are_hidden(log, capsys, name):
    """By name, in any case, at any depth, in lists as well."""
    log.info(
        "call", **{name: "hush"}, inner={name: "hush", "list": [{name: "hush"}, ({name: ["hush"]},)]}, kept="visible"
    )
    text = capsys.readouterr().err
    assert "hush" not in text
    assert "visible" in text


def test_nothing_is_hidden_from_none(log, capsys):
    """An absent secret is told as absent."""
    log.info("call", password=None)
    assert lines(capsys)[0]["password"] is None


def test_an_exception_has_its_traceback(log, capsys):
    """`exception` tells where it happened."""
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("fault", request_id="r")
    (found,) = lines(capsys)
    assert "ValueError: broken" in found["exception"]
    assert found["level"] == "error"


def test_values_without_json_are_told_as_text(log, capsys):
    """A log line never fails for its content."""
    log.info("odd", value=object(), data=b"\xff", unfinished=float("nan"))
    assert lines(capsys)[0]["event"] == "odd"


def test_text_form(capsys):
    """Readable lines, with the same things hidden."""
    log = Log()
    log.configure("info", "text", frozenset({"password"}))
    log.info("ready", password="hush", url="http://x")
    text = capsys.readouterr().err
    assert "ready" in text
    assert "http://x" in text
    assert "hush" not in text


def test_before_configuration_warnings_are_told(capsys):
    """A fault in a process that was never configured is not lost."""
    log = Log()
    log.info("quiet")
    log.error("fault", token="hush")
    (found,) = lines(capsys)
    assert found["event"] == "fault"
    assert found["token"] == "***"


def test_what_a_function_wrote_is_read_as_it_was_written(capsys):
    """Behind its name, without quotes or fields; what would move the cursor is shown instead of done."""
    log = Log()
    log.configure("info", "text", frozenset())
    log.info("function", function="greet", request_id="r", line='  File "handler.py", line 3\t\x1b[2J\x07')
    text = capsys.readouterr().err
    assert text.endswith('Z greet |   File "handler.py", line 3\t\\x1b[2J\\x07\n')


def test_text_for_a_file_has_no_colours(capsys):
    """Escape sequences are for terminals."""
    log = Log()
    log.configure("info", "text", frozenset())
    log.info("ready", url="http://x")
    log.info("function", function="greet", line="hello")
    assert "\x1b" not in capsys.readouterr().err
