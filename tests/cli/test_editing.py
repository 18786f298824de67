"""Edits change what they are asked to, and not one other byte."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.cli.editing import arguments, edited, passing, without_definition
from poolhouse.cli.editing_imports import imported, without_import
from poolhouse.cli.editing_source import REMOVED, Code, rendered
from poolhouse.errors import ProjectError

PATH = "amplify/auth/resource.py"
COMMENTED = '''"""Who may sign in."""

from poolhouse import define_auth  # the language


def unrelated():
    return "café"


auth = define_auth(
    login_with={"email": True},  # mail only
    groups=[
        "Admins",  # the boss
        # writers
        "Editors"  # last
    ],  # order matters
)
'''


def changed(source: str, **changes: object) -> str:
    return edited(source, PATH, "define_auth", {tuple(key.split("__")): value for key, value in changes.items()})


def test_a_group_is_added_and_every_comment_stays():
    """Only the new line differs, and the comma that it needs."""
    made = changed(COMMENTED, groups=["Admins", "Editors", "ops1"])
    assert made == COMMENTED.replace('"Editors"  # last\n', '"Editors",  # last\n        "ops1",\n')


def test_groups_in_another_order_take_their_comments_along():
    """A line moves as a whole."""
    made = changed(COMMENTED, groups=["Editors", "Admins"])
    assert made.index('"Editors",  # last') < made.index('"Admins",  # the boss')


def test_an_argument_is_added_changed_and_removed():
    """And removing it gives the source of before."""
    added = changed(COMMENTED, multifactor={"mode": "OPTIONAL", "totp": True})
    assert '    multifactor={"mode": "OPTIONAL", "totp": True},\n)' in added
    assert changed(added, multifactor=REMOVED) == COMMENTED
    assert '"mode": "REQUIRED"' in changed(added, multifactor__mode="REQUIRED")


def test_a_key_inside_of_a_dict():
    """What else is in the dict stays, True becomes the dict that it stands for."""
    made = changed(COMMENTED, login_with__email__verification_email_subject="Hello")
    assert 'login_with={"email": {"verification_email_subject": "Hello"}},  # mail only' in made


def test_a_call_on_one_line_is_opened_up_when_it_grows_too_long():
    """One argument a line, as formatters write it."""
    flat = 'auth = define_auth(login_with={"email": True}, groups=["A", "B"])\n'
    assert changed(flat, groups=["A", "B", "C"]).count("\n") == 1
    made = changed(flat, multifactor={"mode": "OPTIONAL", "totp": True, "email": True})
    assert made.splitlines()[1:3] == ['    login_with={"email": True},', '    groups=["A", "B"],']


def test_an_alias_and_an_attribute_are_the_same_call():
    """Whatever the user calls it."""
    for source in (
        "from poolhouse import define_auth as make\nauth = make(groups=['A'])\n",
        "import poolhouse\nauth = poolhouse.define_auth(groups=['A'])\n",
    ):
        assert changed(source, groups=["A", "B"]) == source.replace("['A']", "['A', \"B\"]")


def test_windows_line_ends_stay():
    """No line gets another end."""
    made = changed(COMMENTED.replace("\n", "\r\n"), groups=["Admins", "Editors", "ops1"], password_policy={"a": 1})
    assert made.count("\n") == made.count("\r\n")


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("auth = define_auth(groups=NAMES)\n", 'define_auth(groups=["Z"])'),
        ("auth = define_auth(groups=['a', *MORE])\n", 'define_auth(groups=["Z"])'),
        ("auth = define_auth(**options)\n", "define_auth(groups=...)"),
    ],
)
def test_what_is_computed_is_refused_with_the_line_to_write(source, what):
    """And with the place."""
    with pytest.raises(ProjectError, match="computes") as caught:
        changed(source, groups=["Z"])
    assert caught.value.resolution == f"Write it by hand: {what}"
    assert caught.value.location == f"{PATH}:1"


@pytest.mark.parametrize("source", ["x = 1\n", "a = define_auth()\nb = define_auth()\n", "auth = define_auth(\n"])
def test_other_sources_are_refused(source):
    """No call, two calls, and what is no Python."""
    with pytest.raises(ProjectError):
        changed(source, groups=["Z"])


def test_a_computed_neighbour_does_not_matter():
    """Only the argument that is to change must be a literal."""
    source = "auth = define_auth(login_with=LOGIN, groups=['A'])\n"
    assert changed(source, groups=["B"]) == source.replace("'A'", '"B"')


names = st.lists(st.text("abcXYZ019", min_size=1, max_size=6), unique=True, max_size=6)


@settings(deadline=None)
@given(before=names, after=names, lines=st.booleans())
def test_any_list_becomes_any_other(before, after, lines):
    """Whatever the form, the source says exactly what is wanted, and the neighbours are as they were."""
    inside = "".join(f"\n        {name!r},  # {name}" for name in before) + "\n    " if lines and before else None
    text = f"[{inside}]" if inside else repr(before)
    source = f"auth = define_auth(\n    # first\n    groups={text},\n    other=1,  # one\n)\n"
    made = changed(source, groups=after)
    assert arguments(made, PATH, "define_auth") == {"groups": after, "other": 1}
    assert "# first" in made
    assert "other=1,  # one" in made
    if inside:
        assert all(f"# {name}\n" in made for name in before if name in after)


values = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=30) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@settings(deadline=None)
@given(values)
def test_what_is_rendered_reads_back(value):
    """Any value, on one line or several."""
    assert ast.literal_eval(rendered(value)) == value


BACKEND = (
    "from amplify.auth.resource import auth\n\nfrom poolhouse import define_backend\n\nb = define_backend(auth=auth)\n"
)
API = "amplify.api.AdminQueries.resource"


def test_an_import_takes_its_place_and_goes_again():
    """Alphabetically among those of the project; removing it gives the source of before."""
    source, name = imported(BACKEND, "b.py", API, "admin_queries")
    made = edited(source, "b.py", "define_backend", {("admin_queries",): Code(name)})
    assert made.startswith(f"from {API} import admin_queries\nfrom amplify.auth")
    assert "define_backend(auth=auth, admin_queries=admin_queries)" in made
    assert passing(made, "b.py", "define_backend", "admin_queries") == ["admin_queries"]
    gone = edited(made, "b.py", "define_backend", {("admin_queries",): REMOVED})
    assert without_import(gone, "b.py", API) == BACKEND


def test_an_import_that_is_there_is_used():
    """Under the user's own name for it."""
    source = BACKEND.replace("import auth\n", "import auth as people\n")
    assert imported(source, "b.py", "amplify.auth.resource", "auth") == (source, "people")


def test_a_name_that_is_taken_is_not_overwritten():
    """The user's own variable stays what it is."""
    with pytest.raises(ProjectError, match="something else"):
        imported("auth = 1\n", "b.py", "amplify.auth.resource", "auth")


def test_an_import_in_use_stays():
    """Only what nothing uses goes."""
    assert without_import(BACKEND, "b.py", "amplify.auth.resource") == BACKEND


def test_a_definition_goes_and_own_code_stays():
    """A file with nothing else is not needed any more."""
    assert (
        without_definition("from poolhouse import define_auth\n\nauth = define_auth()\n", PATH, "define_auth") is None
    )
    rest = without_definition(COMMENTED, PATH, "define_auth")
    assert rest is not None
    assert "def unrelated" in rest
    assert "define_auth(" not in rest
    with pytest.raises(ProjectError, match="inside of other code"):
        without_definition("def f():\n    return define_auth()\n", PATH, "define_auth")
