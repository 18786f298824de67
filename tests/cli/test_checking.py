"""`poolhouse check`: what it reports, and its exit codes."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
from admin_queries.stage import FUNCTION, write_project
from cli.command import run

AUTH = """
    from amplify.data.act.resource import act

    from poolhouse import define_auth

    auth = define_auth(
        login_with={{"email": True}}, groups=["ADMINS", "SUPPORT"], access=lambda allow: [{access}], **{more}
    )
"""
DATA = """
    from amplify.data.act.resource import act

    from poolhouse import a, define_data

    schema = a.schema({{"act": a.mutation().authorization(lambda allow: [{rule}]).handler(a.handler.function(act)).returns(a.json())}})
    data = define_data(schema=schema, authorization_modes={modes})
"""
BACKEND = """
    from amplify.auth.resource import auth
    from amplify.data.resource import data

    from poolhouse import define_backend

    backend = define_backend(auth=auth, data=data)
"""
FUNCTION_OF_ACT = 'from poolhouse import define_function\n\nact = define_function(name="act")\n'
HANDLER = "def handler(event, context):\n    context.client.admin_add_user_to_group()\n"
ADD = 'allow.resource(act).to(["addUserToGroup"])'
DELEGATED = '{"delegation": lambda allow: [allow.group("ADMINS").to(["manageGroupMembership"])]}'
IAM, KEY = '{"default_authorization_mode": "iam"}', '{"default_authorization_mode": "apiKey"}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def written(folder: Path, rule: str, access: str = ADD, more: str = "{}", modes: str = IAM) -> Path:
    """A project with one mutation."""
    texts = {
        "backend.py": dedent(BACKEND),
        "auth/resource.py": dedent(AUTH.format(access=access, more=more)),
        "data/resource.py": dedent(DATA.format(rule=rule, modes=modes)),
        "data/act/resource.py": FUNCTION_OF_ACT,
        "data/act/handler.py": HANDLER,
    }
    for name, text in texts.items():
        path = folder / "amplify" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def found(project: Path) -> list[tuple[str, str, str]]:
    """Severity, code and subject of every finding."""
    done = run("check", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert all(finding["what"] and finding["why"] and finding["do"] for finding in listed)
    return [(finding["severity"], finding["code"], finding["subject"]) for finding in listed]


def without(project: Path, first: str, then: str) -> None:
    """Removes a part of the routes' source."""
    actions = next(project.rglob("actions.py"))
    head, _, tail = actions.read_text().partition(first)
    actions.write_text(head + then + tail.partition(then)[2])


def test_nothing_to_report(project: Path) -> None:
    done = run("check", "--strict", cwd=project)
    assert (done.returncode, done.stdout) == (0, "Nothing to report.\n")
    assert run("check", "--json", cwd=project).stdout == "[]\n"


def test_a_route_was_removed(project: Path) -> None:
    """It is reported and nothing is changed; the exit code says so where that is asked for."""
    without(project, '@get("/listUsers")', '@get("/listGroups")')
    for options, code in ([], 0), (["--strict"], 1):
        done = run("check", *options, "--project", str(project), cwd=project)
        assert done.returncode == code
        assert done.stdout.startswith(f"warning unused-grant  {FUNCTION} no longer uses cognito-idp:ListUsers.\n")
        assert "Do this: Take them out" in done.stdout
    assert 'cognito-idp:ListUsers"' in run("manifest", cwd=project).stdout


def test_a_handler_of_another_name(tmp_path: Path) -> None:
    """Every call would fail, and nothing before it says so."""
    project = written(tmp_path, 'allow.group("ADMINS")')
    handler = project / "amplify" / "data" / "act" / "handler.py"
    handler.write_text(HANDLER.replace("handler", "handle", 1))
    assert ("warning", "no-handler", "act") in found(project)
    handler.write_text("def handler(\n")
    done = run("check", cwd=project)
    assert (done.returncode, "handler.py:1" in done.stderr) == (1, True), done.stderr


def test_source_that_cannot_be_read(project: Path) -> None:
    """The file and the line are named, also for a file beside the handler."""
    guard = next(project.rglob("guard.py"))
    guard.write_text("def broken(:\n")
    done = run("check", cwd=project)
    assert done.returncode == 1
    assert "guard.py:1" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("rule", "access", "more", "expected"),
    [
        ('allow.group("ADMINS")', ADD, "{}", []),
        ("allow.guest()", ADD, "{}", [("error", "open-operation", "act")]),
        ("allow.guest()", "", "{}", [("note", "open-operation", "act")]),
        ('allow.authenticated("identityPool")', ADD, "{}", [("warning", "open-operation", "act")]),
        ('allow.authenticated("identityPool")', ADD, DELEGATED, []),
        ('allow.authenticated("identityPool")', "", "{}", []),
        ('allow.group("ADMINS"), allow.authenticated()', ADD, "{}", [("warning", "open-operation", "act")]),
    ],
)
def test_operations_that_everybody_may_call(tmp_path: Path, rule: str, access: str, more: str, expected: list) -> None:
    """The grants of the function make it grave; delegation asks who calls and makes it harmless."""
    listed = [one for one in found(written(tmp_path, rule, access, more)) if "group" not in one[1]]
    assert listed == expected


@pytest.mark.parametrize(
    ("rule", "modes", "wrong"),
    [
        ('allow.group("ADMINS")', IAM, False),
        ('allow.group("ADMINS")', '{"default_authorization_mode": "userPool"}', False),
        ('allow.group("ADMINS")', KEY, True),
        ("allow.authenticated()", IAM, True),
        ("allow.authenticated()", '{"default_authorization_mode": "userPool"}', False),
        ("allow.guest()", '{"default_authorization_mode": "userPool"}', True),
        ("allow.publicApiKey()", KEY, False),
    ],
)
def test_a_call_without_auth_mode(tmp_path: Path, rule: str, modes: str, wrong: bool) -> None:
    """Reported exactly where the default mode lets nobody pass."""
    codes = [code for _, code, _ in found(written(tmp_path, rule, "", modes=modes))]
    assert ("wrong-mode" in codes) is wrong


def test_the_fix_of_a_wrong_mode_mends_it(tmp_path: Path) -> None:
    said = run("check", "--strict", cwd=written(tmp_path, 'allow.group("ADMINS")', modes=KEY))
    assert said.returncode == 1
    assert '{"default_authorization_mode": "userPool"}' in said.stdout
    mended = written(tmp_path, 'allow.group("ADMINS")', modes='{"default_authorization_mode": "userPool"}')
    assert run("check", "--strict", cwd=mended).returncode == 0


@pytest.mark.parametrize(
    ("access", "more", "expected"),
    [
        (ADD, "{}", []),
        ("", "{}", [("note", "unreachable-group", "ADMINS"), ("note", "unused-group", "SUPPORT")]),
        (ADD.replace("])", '], groups=["SUPPORT"])'), "{}", [("note", "unreachable-group", "ADMINS")]),
        ("", DELEGATED, []),
    ],
)
def test_groups_that_nobody_can_reach(tmp_path: Path, access: str, more: str, expected: list) -> None:
    """Neither by a function nor by delegation."""
    assert found(written(tmp_path, 'allow.group("ADMINS")', access, more)) == expected


def test_admin_queries_without_a_group(tmp_path: Path) -> None:
    """Every signed-in user administers the pool."""
    run("init", ".", "--template", "empty", "--yes", cwd=tmp_path)
    added = run("add", "auth", "--pool-group", "Admins", "--everyone", "--yes", cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    done = run("check", "--strict", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(
        "warning open-route  Everybody who is signed in may call AdminQueries ANY /{proxy+}.\n"
    )
    assert "poolhouse update auth --admin-group NAME" in done.stdout
