"""What people are told to do about exceptions of their own modules."""

import sys

import pytest

from poolhouse import a, define_backend
from poolhouse.define.foreign import MEND, remedy
from poolhouse.define.project import load
from poolhouse.errors import ProjectError

AUTH = "from poolhouse import define_auth\n{}auth = define_auth(login_with={{'email': True}})\n"
BACKEND = "from poolhouse import define_backend\nfrom amplify.auth.resource import auth\ndefine_backend(auth=auth)\n"


@pytest.fixture
def project(tmp_path):
    for name, text in {"backend.py": BACKEND, "auth/resource.py": AUTH.format(""), "promote/resource.py": ""}.items():
        path = tmp_path / "amplify" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def told(project, **changed):
    for name, text in changed.items():
        (project / "amplify" / name / "resource.py").write_text(text)
    with pytest.raises(ProjectError) as caught:
        load(project)
    return caught.value


def test_a_name_that_its_module_does_not_define(project):
    """The module's own definitions are what can have been meant."""
    error = told(project, auth=AUTH.format("the_"))
    assert error.location == "amplify/backend.py:2"
    assert error.resolution == "Did you mean 'the_auth'?"


def test_an_empty_module(project):
    assert told(project, auth="").resolution == "Write auth = ... there, or correct the name."


def test_modules_that_import_each_other(project):
    circle = AUTH.format("from amplify.promote.resource import promote\n")
    error = told(project, auth=circle, promote="from amplify.auth.resource import auth\n")
    assert error.location == "amplify/promote/resource.py:1"
    assert "import each other" in error.resolution


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("amplify.promot.resource", "create it, or correct"),
        ("amplify.promot", "Did you mean 'amplify.promote'?"),
        ("amplify.promote.resorce", "Did you mean 'amplify.promote.resource'?"),
        ("amplify.nothing.like.it", "amplify/nothing/like/it.py does not exist"),
        ("promote.resource", "write amplify.promote.resource."),
        ("promote", "write amplify.promote."),
        ("fastapy", f"install the package for {sys.executable}"),
        ("", MEND),
    ],
)
def test_a_module_that_is_not_found(project, module, words):
    """The first part that is missing is what Python names."""
    assert words in remedy(ModuleNotFoundError("x", name=module), project)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("secret", "Add: from poolhouse import secret"),
        ("defineAuth", "Did you mean 'define_auth', from poolhouse?"),
        ("allow", "lambda allow: [...]"),
        ("somebody", MEND),
        (None, MEND),
    ],
)
def test_an_unknown_name(project, name, words):
    assert words in remedy(NameError("x", name=name), project)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: a.email(required=True), "as in a.string().required()"),
        (lambda: a.email(array=True), "as in a.string().array()"),
        (lambda: a.string(3), "a.string() and then .required()"),
        (lambda: a.enum("LOW", "HIGH"), 'a.enum(["LOW", "HIGH"])'),
        (lambda: a.query().arguments(name=a.string()), '.arguments({"name": a.string().required()})'),
        (lambda: a.query().authorization(), ".authorization(lambda allow:"),
        (a.handler.function, "a.handler.function(function)"),
        (lambda: define_backend(1, 2), "define_backend(auth=auth, data=data)"),
        (lambda: int([]), MEND),
    ],
)
def test_a_call_with_other_arguments(project, call, words):
    """As Python words them: a version that words them otherwise is noticed here."""
    with pytest.raises(TypeError) as caught:
        call()
    assert words in remedy(caught.value, project)


def test_a_misspelt_definition_of_poolhouse(project):
    error = ImportError("cannot import name 'defineData' from 'poolhouse' (x)", name="poolhouse")
    assert remedy(error, project) == "Did you mean 'define_data'?"


@pytest.mark.parametrize("error", [ImportError("x"), ImportError("x", name="poolhouse"), ZeroDivisionError("x")])
def test_anything_else(project, error):
    assert remedy(error, project) == MEND
