"""aws-amplify v6 and amazon-cognito-identity-js: CUSTOM_AUTH, with and without a password, and what triggers add to a
session.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app.conftest import settings_for
from app.running import PASSWORD, Running, serving
from app.test_triggers import with_triggers
from clients.development import MODULES
from clients.javascript import Script, Thrown

from poolhouse.cli.running import write_for

EMAIL = "ada@example.com"
ASKED = {
    "isSignedIn": False,
    "nextStep": {
        "signInStep": "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE",
        "additionalInfo": {"hint": "The opposite of no"},
    },
}
DONE = {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A served project with triggers, as a front end sees it; one confirmed user."""
    folder = with_triggers(tmp_path_factory.mktemp("project"))
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "node_modules").symlink_to(MODULES)
    with serving(settings_for(f"sqlite:///{folder}/test.db"), folder) as running:
        _published(running, folder)
        running.person(EMAIL, "NEWCOMERS")
        yield folder


def _published(running: Running, folder: Path) -> None:
    applied = running.server.applied
    assert applied is not None
    write_for(running.settings, applied, folder)


@pytest.fixture
def tab(project: Path, script: Callable[..., Script]) -> Script:
    return script("amplify.mjs", str(project))


@pytest.fixture
def library(project: Path, script: Callable[..., Script]) -> Script:
    """amazon-cognito-identity-js."""
    outputs = json.loads((project / "amplify_outputs.json").read_text())
    auth, server = outputs["auth"], outputs["data"]["url"].removesuffix("/graphql")
    known = {"UserPoolId": auth["user_pool_id"], "ClientId": auth["user_pool_client_id"], "endpoint": server}
    return script("identity.mjs", json.dumps(known))


def without_password(tab: Script) -> dict:
    asked = tab("signIn", {"username": EMAIL, "options": {"authFlowType": "CUSTOM_WITHOUT_SRP"}})
    additional = asked["nextStep"]["additionalInfo"]
    additional.pop("USERNAME")
    return asked


def test_without_a_password(tab: Script) -> None:
    """The public parameters are shown, the right answer signs in, and the trigger's claim is in the session."""
    assert without_password(tab) == ASKED
    assert tab("confirmSignIn", {"challengeResponse": "yes"}) == DONE
    claims = tab("fetchAuthSession")["claims"]
    assert (claims["tenant"], claims["cognito:groups"]) == ("t-1", ["NEWCOMERS"])


def test_a_wrong_answer(tab: Script) -> None:
    without_password(tab)
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        tab("confirmSignIn", {"challengeResponse": "no"})
    assert "accessToken" not in tab("fetchAuthSession")


def test_a_refresh_is_customised_too(tab: Script) -> None:
    without_password(tab)
    tab("confirmSignIn", {"challengeResponse": "yes"})
    before = tab("fetchAuthSession")["idToken"]
    after = tab("fetchAuthSession", {"forceRefresh": True})
    assert after["idToken"] != before
    assert after["claims"]["tenant"] == "t-1"


def test_behind_a_password(tab: Script) -> None:
    """CUSTOM_WITH_SRP proves the password first; the functions then say that it was enough."""
    request = {"username": EMAIL, "password": PASSWORD, "options": {"authFlowType": "CUSTOM_WITH_SRP"}}
    assert tab("signIn", request) == DONE


def test_behind_a_wrong_password(tab: Script) -> None:
    request = {"username": EMAIL, "password": "Wrong-Horse-9", "options": {"authFlowType": "CUSTOM_WITH_SRP"}}
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        tab("signIn", request)


def test_a_refused_sign_up(tab: Script) -> None:
    """The function's words are the error's message."""
    with pytest.raises(Thrown, match="UserLambdaValidationException: PreSignUp failed with error"):
        tab("signUp", {"username": "odd@example.com", "password": PASSWORD})


def test_the_older_library(library: Script) -> None:
    """A wrong answer signs nobody in; the right one does, with the trigger's claim."""
    shown = library("begin", EMAIL)
    assert (shown["step"], shown["given"][0]["hint"]) == ("customChallenge", "The opposite of no")
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        library("answer", "no")
    assert library("current") is None
    library("begin", EMAIL)
    assert library("answer", "yes")["step"] == "onSuccess"
    assert library("tokens")["claims"]["tenant"] == "t-1"


def test_the_older_library_behind_a_password(library: Script) -> None:
    assert library("authenticate", EMAIL, PASSWORD, "CUSTOM_AUTH")["step"] == "onSuccess"
