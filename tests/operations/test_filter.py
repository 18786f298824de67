"""The filter grammar of ListUsers: what is read, and that everything else is refused."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidParameterException
from poolhouse.operations._filter import COLUMNS, Clause, parse
from poolhouse.store.names import SEARCHABLE

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
blanks = st.sampled_from(["", " ", "  ", "\t", "\n"])


@given(
    attribute=st.sampled_from([*SEARCHABLE, *COLUMNS]),
    quote=st.sampled_from(["", '"']),
    how=st.sampled_from(["=", "^="]),
    value=texts,
    gaps=st.tuples(blanks, blanks, blanks, blanks),
)
def test_every_clause_reads_back(attribute, quote, how, value, gaps):
    """Any value can be asked for once quotes and backslashes in it are escaped."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    text = f'{gaps[0]}{quote}{attribute}{quote}{gaps[1]}{how}{gaps[2]}"{escaped}"{gaps[3]}'
    assert parse(text) == Clause(attribute, "is" if how == "=" else "begins", value)


pieces = [
    "email",
    "username",
    '"',
    "\\",
    "=",
    "^=",
    "^",
    " ",
    ">",
    "and",
    "or",
    "(",
    ")",
    "*",
    "%",
    "'",
    "--",
    "x",
    "\0",
]


@given(st.one_of(texts, st.lists(st.sampled_from(pieces)).map("".join)))
def test_anything_else_is_refused(text):
    """A text is one clause, or nothing, or an error; never something half understood."""
    clause, refusal = attempt(text)
    if clause is not None:
        assert clause.attribute in text
        assert text.strip().endswith('"')
        assert text.count('"') >= 2
    elif text:
        assert refusal.startswith(("Error while parsing filter", "Invalid search attribute: "))


def attempt(text):
    try:
        return parse(text), ""
    except InvalidParameterException as error:
        return None, str(error)


@pytest.mark.parametrize(
    "text",
    [
        'email > "a"',
        "email",
        "email =",
        'email = "a',
        "email = a",
        "email = 'a'",
        'email == "a"',
        'email ~= "a"',
        'email != "a"',
        'email ^ = "a"',
        '"email = "a"',
        'email" = "a"',
        'email = "a" and name = "b"',
        'email = "a" "b"',
        'email = "a""',
        'email = "a\\"',
        '= "a"',
        " ",
        'email = "a\0"',
        'email = "a"; DROP TABLE users; --',
        '(email = "a")',
    ],
)
def test_syntax_errors(text):
    with pytest.raises(InvalidParameterException, match=r"^Error while parsing filter$"):
        parse(text)


@pytest.mark.parametrize(
    "attribute",
    ["custom:x", "address", "Email", "users.email", "value_key", "enabled", "1", "email_verified", "UserStatus"],
)
def test_attributes_that_are_not_searchable(attribute):
    for spelled in (attribute, f'"{attribute}"'):
        with pytest.raises(InvalidParameterException, match=f"^Invalid search attribute: {attribute}$"):
            parse(f'{spelled} = "1"')


@pytest.mark.parametrize("text", [None, ""])
def test_no_filter(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    "text", ['email = "' + "\\" * 100_000, '"' * 100_000, " " * 100_000, 'email = "' + "a\\" * 50_000]
)
def test_time_is_linear(text):
    """The pattern offers no text that makes it try again and again."""
    started = time.perf_counter()
    with pytest.raises(InvalidParameterException):
        parse(text)
    assert time.perf_counter() - started < 1
