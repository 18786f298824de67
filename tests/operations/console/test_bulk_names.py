"""Lists of names as people paste and upload them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.operations.console.bulk_names import MOST, Name, UnusableNames, decoded, parse

NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n,;\t"'), min_size=1).filter(
        lambda text: text.strip() == text and text.strip()
    ),
    min_size=1,
    max_size=20,
    unique=True,
)


def texts(text: str, **more: str) -> list[str]:
    return [name.text for name in parse(text, **more).names]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada\nbo\n", ["ada", "bo"]),
        ("  ada \r\n\r\n\tbo", ["ada", "bo"]),
        ("ada\rbo", ["ada", "bo"]),
        ("\ufeffada", ["ada"]),
        ("Username\nada", ["ada"]),
        ("email,name\nada@example.com,Ada\n", ["ada@example.com"]),
        ("e-mail;name\nada@example.com;Ada\n", ["ada@example.com"]),
        ("ada\tAda\nbo\tBo", ["ada", "bo"]),
        ('"ada, the first",x\n"bo",y', ["ada, the first", "bo"]),
        ('"ada\nand bo",x\ncy,y', ["ada\nand bo", "cy"]),
        ("'+12065550100,x\n'=cmd,y", ["+12065550100", "=cmd"]),
        ("ada\nda,vid\nbo", ["ada", "da,vid", "bo"]),
        ("ada\\bo\nCORP\\ada", ["ada\\bo", "CORP\\ada"]),
        ("a\u2028b\x85c", ["a\u2028b\x85c"]),
    ],
)
def test_names_are_found(text, expected):
    """One in a line, or the first column where every line has more of them."""
    assert texts(text) == expected


def test_lines_as_they_stand():
    """Who says so gets commas in names, and the first column where only some lines have more."""
    assert texts("da,vid\nan,na", form="lines") == ["da,vid", "an,na"]
    assert texts("ada,x\nbo", form="csv") == ["ada", "bo"]


def test_lines_are_counted_and_repeats_left_out():
    """The first of several counts; the heading and empty lines keep their numbers."""
    found = parse("username\nada\n\nbo\nada\n")
    assert found.names == [Name(2, "ada"), Name(4, "bo")]
    assert (found.repeated, found.title) == (1, "username")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no name"),
        (" \n\t\n", "no name"),
        ("username", "no name"),
        ("ada\0", "null character"),
        ('"ada\nbo', "no CSV"),
        ('"ada"x,\n"bo",', "no CSV"),
        ("\n".join(f"u{n}" for n in range(MOST + 1)), "5,001 names"),
    ],
)
def test_unusable_lists(text, why):
    with pytest.raises(UnusableNames, match=why):
        parse(text)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("ada".encode("utf-16"), "UTF-16"),
        (b"ada\xff", "not UTF-8 text .byte 3."),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "null character"),
    ],
)
def test_unusable_files(content, why):
    with pytest.raises(UnusableNames, match=why):
        decoded(content)


def test_a_mark_of_byte_order_is_no_name():
    assert parse(decoded("\ufeffada".encode())).names == [Name(1, "ada")]


@given(NAMES)
def test_every_line_comes_back(names):
    """Whatever a name holds, except for what separates names; lines never go back."""
    try:
        found = parse("\n".join(["x", *names]), "lines")
    except UnusableNames:
        raise AssertionError(names) from None
    assert [name.text for name in found.names if name.text != "x"] == [name for name in names if name != "x"]
    assert [name.line for name in found.names] == sorted({name.line for name in found.names})


@given(st.text(max_size=200), st.sampled_from(["auto", "lines", "csv"]))
def test_nothing_breaks_the_reader(text, form):
    """Any text is a list, or refused in words; every name is text on one line in the order of the lines."""
    try:
        found = parse(text, form)
    except UnusableNames:
        return
    assert all(name.text.strip() for name in found.names)
    assert [name.line for name in found.names] == sorted({name.line for name in found.names})
