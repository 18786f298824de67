"""What a project is called at AWS, and that a new name does not silently make a second user pool."""

import json

import pytest
from cli.aws import BACKEND, pool_of, push, pushed, status
from cli.command import run
from emulator.faults import Refusal

from poolhouse import errors
from poolhouse.define.project import load

REFUSED = "A push would make a second stack, with a second user pool and nobody in it."


def call(folder, name: str | None) -> None:
    named = "" if name is None else f", name={name!r}"
    (folder / "amplify" / "backend.py").write_text(BACKEND.replace("auth=auth", f"auth=auth{named}"))


@pytest.mark.parametrize(("name", "app", "stack"), [(None, None, "shop"), ("store", None, "store"), ("a", "b", "b")])
def test_which_name_counts(shop, name, app, stack):
    """That of --app, then that of the definitions, then the folder's."""
    call(shop, name)
    more = () if app is None else ("--app", app)
    told = run("plan", "--offline", *more, cwd=shop)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"{stack}-dev: ")
    assert load(shop).app == name


@pytest.mark.parametrize("name", ["", "Shop", "my shop", "a_b", "a" * 20, 7])
def test_names_that_a_stack_cannot_have(shop, name):
    call(shop, name)
    with pytest.raises(errors.InvalidResourceNameError, match="A backend cannot be named") as caught:
        load(shop)
    assert "lower-case letters" in caught.value.resolution


def test_a_new_name_is_no_second_pool(shop, given):
    """Named after its folder first: the plan says it, the push refuses; --app keeps the stack, --new-stack makes one."""
    pushed(shop, given)
    pool = pool_of(shop)
    call(shop, "store")
    shown = json.loads(run("plan", "--json", cwd=shop, given=given).stdout)
    assert [sentence for sentence in shown["refused"] if REFUSED in sentence]
    told = push(shop, given)
    assert told.returncode == 1
    assert "There is no stack store-dev, but shop-dev, by another name of this project" in told.stderr
    assert "Keep it with --app shop" in told.stderr
    assert status(given, "store-dev") == ""
    assert "Nothing to change" in pushed(shop, given, "--app", "shop")
    pushed(shop, given, "--new-stack")
    assert status(given, "store-dev") == status(given) == "CREATE_COMPLETE"
    assert pool_of(shop) != pool
    assert "Nothing to change" in pushed(shop, given)
    told = run("destroy", "--env", "dev", "--confirm", "dev", "--delete-users", cwd=shop, given=given)
    assert "store-dev" in told.stdout
    assert (status(given), status(given, "store-dev")) == ("CREATE_COMPLETE", "")


def test_a_name_from_an_earlier_push_is_known(shop, given, faults):
    """Neither folder nor definitions say it any more; the folder's build does. Who may not look is not stopped."""
    call(shop, "store")
    pushed(shop, given)
    known = shop / "amplify" / ".build" / "pushed.json"
    assert json.loads(known.read_text()) == {"dev": "store"}
    call(shop, "market")
    known.write_text('{"dev": 7}')
    told = push(shop, given)
    assert (told.returncode, "amplify/.build/pushed.json cannot be read" in told.stderr) == (1, True)
    known.write_text('{"dev": "store"}')
    told = push(shop, given)
    assert (told.returncode, "but store-dev" in told.stderr) == (1, True)
    assert status(given, "market-dev") == ""
    denied = Refusal(403, "AccessDenied", "User: u is not authorized to perform: cloudformation:DescribeStacks")
    faults.before = lambda action, _count: (
        denied if action == "DescribeStacks" and "market-dev" not in faults.bodies[action] else None
    )
    pushed(shop, given)
    assert status(given, "market-dev") == "CREATE_COMPLETE"
