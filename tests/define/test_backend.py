"""define_backend: what comes in by itself, and what must be there once."""

import pytest

from poolhouse import errors
from poolhouse.define import census

API = "{'f': a.query().authorization(lambda allow: allow.group('ADMINS')).handler(a.handler.function(fn)).returns(a.id())}"


def test_functions_come_in_by_themselves(project):
    """From handlers, grants and schema rules, each once; others are listed."""
    for name in ("granted", "caller", "listed"):
        project.write(f"{name}/handler.py", "")
        project.run(f"{name}/resource.py", f"{name} = define_function()")
    project.auth(
        "login_with={'email': True}, groups=['ADMINS'],"
        "access=lambda allow: [allow.resource(granted).to(['getUser']), allow.resource(fn).to(['getUser'])]"
    )
    project.data(API, rules=".authorization(lambda allow: allow.resource(caller))")
    manifest = project.backend("auth=auth, data=data, listed=listed")
    assert [function.name for function in manifest.functions] == ["listed", "granted", "fn", "caller"]


def test_a_backend_may_be_empty(project):
    manifest = project.backend("")
    assert (manifest.auth, manifest.data, manifest.functions) == (None, None, ())


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ("auth=fn", "DefinitionError", "define_auth()"),
        ("data=fn", "DefinitionError", "define_data()"),
        ("other=5", "DefinitionError", "other"),
        ("login=auth", "DefinitionError", "login was made by define_auth()"),
    ],
)
def test_parts_must_fit(project, options, kind, message):
    project.auth()
    error = project.refused("backend.py", f"define_backend({options})", getattr(errors, kind))
    assert message in error.message


def test_a_second_auth_or_data_is_refused(project):
    """A5; the place is the second one's."""
    project.auth()
    project.names["first"] = project.names["auth"]
    project.run("auth/resource.py", "\n\nauth = define_auth(login_with={'email': True})")
    with pytest.raises(errors.MultipleSingletonResourcesError) as caught:
        project.backend("auth=first, second=auth")
    assert caught.value.location == "amplify/auth/resource.py:3"
    assert "amplify/auth/resource.py:1" in caught.value.message
    assert "remove the other" in caught.value.resolution


def test_a_second_auth_is_noticed_while_a_project_is_read(project):
    """Also when nothing refers to it."""
    token = census.ONGOING.set({})
    try:
        project.auth()
        error = project.refused(
            "auth/resource.py", "define_auth(login_with={'email': True})", errors.MultipleSingletonResourcesError
        )
    finally:
        census.ONGOING.reset(token)
    assert "amplify/auth/resource.py:1" in error.message


def test_an_auth_that_is_not_passed_is_noticed(project):
    token = census.ONGOING.set({})
    try:
        project.auth()
        with pytest.raises(errors.DefinitionError, match="not passed to define_backend") as caught:
            project.backend("")
    finally:
        census.ONGOING.reset(token)
    assert caught.value.location == "amplify/auth/resource.py:1"


@pytest.mark.parametrize("other", ["fn", "FN", "f_n"])
def test_two_functions_need_two_names(project, other):
    """Names that would make the same module count as the same."""
    project.run("data/fn/resource.py", "first = define_function(name='f-n' if '_' in " + repr(other) + " else 'fn')")
    error_name = f"other = define_function(name={other!r})"
    project.run("data/fn/resource.py", f"\n\n{error_name}")
    with pytest.raises(errors.DefinitionError, match="same name") as caught:
        project.backend("first=first, other=other")
    assert caught.value.location == "amplify/data/fn/resource.py:3"


def test_the_injected_variable_cannot_be_set_by_hand(project):
    project.run("data/fn/resource.py", "\n\nfn = define_function(environment={'AMPLIFY_AUTH_USERPOOL_ID': 'x'})")
    project.auth("login_with={'email': True}, access=lambda allow: [allow.resource(fn).to(['getUser'])]")
    with pytest.raises(errors.FunctionReservedEnvironmentVariableError) as caught:
        project.backend("auth=auth")
    assert caught.value.location == "amplify/data/fn/resource.py:3"


def test_definitions_belong_into_the_amplify_folder(tmp_path):
    """Elsewhere there is no project to make entries relative to."""
    file = tmp_path / "elsewhere.py"
    code = compile("from poolhouse import define_function\ndefine_function()", str(file), "exec")
    with pytest.raises(errors.DefinitionError, match="not inside a folder named amplify/") as caught:
        exec(code, {})
    assert caught.value.location == f"{file}:2"
    assert "Move the definition" in caught.value.resolution
