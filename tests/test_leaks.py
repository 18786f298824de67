"""The scanner that watches over the whole suite finds what it is there for."""

import pytest
from leaks import leaks

from poolhouse import telemetry

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "s" * 342


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("login of ada with Correct-Horse-9 failed", "a password"),
        (f'{{"authorization": "{TOKEN}"}}', "a signed token"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
    ],
)
def test_a_secret_is_found_and_not_repeated(text: str, what: str) -> None:
    """The report names its kind and its place only."""
    (found,) = leaks(text)
    assert found.startswith(what)
    assert "Horse" not in found
    assert "ssss" not in found


def test_an_ordinary_line_is_none() -> None:
    """Identifiers, codes of errors and key ids may be logged."""
    assert (
        leaks('{"event": "call", "operation": "InitiateAuth", "sub": "1b2c", "error": "NotAuthorizedException"}') == []
    )


def test_a_marked_field_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """What goes through `telemetry.log` under a secret's own name is hidden before it is written."""
    telemetry.log.error("refused", password="Correct-Horse-9")
    assert leaks(capsys.readouterr().err) == []
