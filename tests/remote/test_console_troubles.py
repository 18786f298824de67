"""The console while AWS cannot be reached, or refuses the server: what happened, what to do, and nothing done."""

import asyncio
import dataclasses
from collections.abc import Iterator

import pytest
from acceptance.conftest import SETTINGS
from app.running import serving
from remote.console_desk import Desk, desk
from remote.relay import Relay
from remote.world import OTHER_KEY, Front, configured, pool_of, write_project


@pytest.fixture(scope="module")
def relay(far) -> Iterator[Relay]:
    made = Relay(far.running.url)
    line = made.running()

    def wait(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, far.running.loop).result(30)

    wait(line.__aenter__())
    yield made
    wait(line.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def barred(far, relay, tmp_path_factory) -> Iterator[Front]:
    """In front of the pool behind the line, with credentials that may put users into groups and nothing else."""
    folder = write_project(tmp_path_factory.mktemp("barred"), pool_of(far.running))
    key = far.function_key("add-user-to-group")
    settings = dataclasses.replace(SETTINGS, database=f"sqlite:///{folder}/test.db", master_key=OTHER_KEY)
    with configured(relay.url, (key.access_key, key.secret_key, key.token)), serving(settings, folder) as running:
        yield Front(running, far)


@pytest.fixture
def operator(barred, relay) -> Iterator[Desk]:
    relay.mode = "up"
    with desk(barred) as opened:
        yield opened


def test_a_permission_that_is_missing(operator, barred, far):
    """Is named, and is no fault of the visitor's; what was asked for is on record as refused by AWS."""
    user = far.person()
    for path in ("/users", f"/user?name={user.sub}", "/groups", "/clients", "/overview"):
        page = operator.open(path)
        assert page.status_code == 502, path
        assert "they lack the IAM permission cognito-idp:" in operator.says(page)
        assert "Add the permission to the policy of these credentials" in operator.says(page)
    page = operator.send("/groups/new", name="AUTHORS", step="do")
    assert page.status_code == 502
    assert "cognito-idp:CreateGroup" in page.text
    assert [event.result for event in barred.events(operation="CreateGroup", limit=2)] == [
        "AccessDeniedException",
        "sent",
    ]
    assert "AUTHORS" not in str(far.admin("ListGroups"))
    operator.send("/group", {"name": "EDITORS"}, user=user.email)  # which it may, and the page behind it not
    assert far.groups_of(user) == ["EDITORS"]


@pytest.mark.parametrize("mode", ["cut", "broken"])
def test_aws_does_not_answer(operator, barred, relay, far, mode):
    """A change of which nobody knows whether it was done says so; pages of this server's own go on."""
    relay.mode = mode
    page = operator.open("/users")
    assert page.status_code == 503
    assert "Try again when AWS can be reached from here." in operator.says(page)
    page = operator.send("/groups/new", name="AUTHORS", step="do")
    assert page.status_code == 503
    assert "whether it did it is not known. Look at how things are before you do it again" in operator.says(page)
    assert barred.events(operation="CreateGroup")[0].result == "Unknown"
    assert "AUTHORS" not in str(far.admin("ListGroups"))
    for path in ("/audit", "/log", "/functions", "/function?name=administer", "/debugger"):
        assert operator.open(path).status_code == 200


def test_a_list_ends_where_aws_does(operator, relay, far):
    """What was not taken is in the report as waiting."""
    user = far.person()
    relay.mode = "cut"
    form = {"names": user.email, "action": "add", "step": "do"}
    page = operator.says(operator.send("/group/bulk", {"name": "EDITORS"}, **form))
    assert "0 of 1 done, then it ended" in page
    assert "AWS gave no answer to AdminListGroupsForUser." in page
    report = operator.send("/group/bulk", {"name": "EDITORS"}, **form, **{"as": "csv"}).text
    assert report.splitlines()[1].startswith(f"1,{user.email},waiting,")
    assert far.groups_of(user) == []
