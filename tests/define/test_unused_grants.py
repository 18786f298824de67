"""What a function's source still calls, read without running it."""

import re
from pathlib import Path
from textwrap import dedent

import pytest
from botocore import xform_name

from poolhouse.define.admin_queries import GRANTS
from poolhouse.define.admin_queries_source import files
from poolhouse.define.grants import SINGLES
from poolhouse.define.unused_grants import sdk_method, unused_grants

NAME = "AdminQueries1a2b3c4d"
ACTIONS = [f"cognito-idp:{SINGLES[name]}" for name in GRANTS]
LIST = ["cognito-idp:ListUsers"]


def unused(folder: Path, granted: list[str] = LIST, **sources: str) -> list[str]:
    for name, text in sources.items():
        path = folder / "amplify" / "fn" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return unused_grants(folder, "amplify/fn/handler.py", granted)


def admin_queries(folder: Path) -> Path:
    for path, text in files(NAME, ["Admins"]).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder / f"amplify/backend/function/{NAME}/src"


def test_names_are_those_of_the_sdk() -> None:
    for operation in SINGLES.values():
        assert sdk_method(operation) == xform_name(operation)


def test_the_generated_source_uses_every_grant(tmp_path: Path) -> None:
    """Also those of the options and of the routes beyond the eleven."""
    source = admin_queries(tmp_path)
    extra = ("AdminCreateUser", "AdminDeleteUser", "AdminUpdateUserAttributes", "AdminResetUserPassword", "GetGroup")
    granted = [*ACTIONS, *(f"cognito-idp:{name}" for name in (*extra, "AdminSetUserMFAPreference"))]
    assert unused_grants(tmp_path, str((source / "app.py").relative_to(tmp_path)), granted) == []


@pytest.mark.parametrize(
    ("route", "operation"),
    [
        ("signUserOut", "AdminUserGlobalSignOut"),
        ("listUsers", "ListUsers"),
        ("listGroups", "ListGroups"),
        ("confirmUserSignUp", "AdminConfirmSignUp"),
    ],
)
def test_a_removed_route_gives_its_grant_back(tmp_path: Path, route: str, operation: str) -> None:
    source = admin_queries(tmp_path)
    kept, _, rest = re.sub(r"\n@(get|post)", r"\0@\1", (source / "actions.py").read_text()).partition("\0")
    routes = [one for one in rest.split("\0") if f'"/{route}"' not in one]
    (source / "actions.py").write_text("\n".join([kept, *routes]))
    entry = str((source / "app.py").relative_to(tmp_path))
    assert unused_grants(tmp_path, entry, ACTIONS) == [f"cognito-idp:{operation}"]


@pytest.mark.parametrize(
    "handler",
    [
        "import boto3\ndef handler(event, context):\n    return boto3.client('cognito-idp').list_users()",
        "def handler(event, context):\n    return client.get_paginator('list_users')",
        "def handler(event, context):\n    return getattr(client, 'list_users')()",
        "def handler(event, context):\n    return call('ListUsers')",
        "CALL = client.list_users\ndef handler(event, context):\n    return CALL()",
        "def handler(event, context):\n    return deep()\ndef deep():\n    return deeper()\ndef deeper():\n    client.list_users()",
        "@route\ndef listed():\n    client.list_users()\ndef handler(event, context): ...",
        "class Lists:\n    def run(self):\n        client.list_users()\ndef handler(event, context):\n    Lists().run()",
        "from shared.users import every\ndef handler(event, context):\n    return every()",
        "import shared.users\ndef handler(event, context):\n    return shared.users.every()",
        "from shared import users\nhandler = users.every",
        "from amplify.fn.shared.users import every as handler\nkept = handler",
    ],
)
def test_calls_are_found(tmp_path: Path, handler: str) -> None:
    module = "def every():\n    return client.list_users()\n"
    assert unused(tmp_path, handler=handler, shared__users=module, shared____init__="") == []


@pytest.mark.parametrize(
    "handler",
    [
        "def handler(event, context):\n    return client.list_users_in_group()",
        "def handler(event, context): ...\ndef forgotten():\n    client.list_users()",
        "# client.list_users()\ndef handler(event, context):\n    'It does not list_users any more.'",
        "from shared.users import every\ndef handler(event, context): ...",
        "def handler(event, context): ...",
    ],
)
def test_what_cannot_run_is_no_use(tmp_path: Path, handler: str) -> None:
    """A file beside the handler that nothing imports, and a function that nothing names."""
    module = "def every():\n    return client.list_users()\n"
    assert unused(tmp_path, handler=handler, shared__users=module, other=module) == LIST


def test_modules_may_import_each_other(tmp_path: Path) -> None:
    found = unused(
        tmp_path, handler="import a\ndef handler(e, c): a.go()", a="from . import b\ndef go(): b.x", b="import a"
    )
    assert found == LIST
