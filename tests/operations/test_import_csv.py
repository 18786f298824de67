"""CSV files of users: which rows are read out of which bytes, and that nothing that is in them can do harm."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.errors import InvalidParameterException
from poolhouse.operations import import_csv
from poolhouse.operations.import_csv import (
    CsvRow,
    UnusableFile,
    batches,
    check_header,
    guarded,
    header,
    new_user,
    rows,
    unguarded,
)
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PoolSettings, SchemaAttributeType

OWN = SchemaAttributeType("custom:tenant")
SETTINGS = PoolSettings(AutoVerifiedAttributes=("email",), Schema=(OWN,))
POOL = Pool("us-east-1_testpool1", "us-east-1", "test", SETTINGS, 1, 1)
NAMES = ["cognito:username", "cognito:mfa_enabled", "email", "email_verified", "birthdate"]
ADA = ["ada", "false", "ada@example.com", "true", ""]


def read(data: bytes, size: int = 7) -> list[CsvRow]:
    """Rows of bytes that come in small pieces."""
    return list(rows(data[at : at + size] for at in range(0, len(data), size)))


def test_header_of_a_pool():
    """AWS's columns in AWS's order, then the pool's own attributes."""
    columns = header(SETTINGS)
    assert (columns[0], columns[-4:]) == ("name", ["updated_at", "cognito:mfa_enabled", "cognito:username", OWN.Name])
    assert len(columns) == 22
    assert not {"sub", "identities"} & set(columns)


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ([*NAMES, "sub"], "'sub'"),
        ([*NAMES, "custom:other"], "'custom:other'"),
        ([*NAMES, "Email"], "'Email'"),
        ([*NAMES, "email"], "twice"),
        (NAMES[1:], "cognito:username"),
        (NAMES[:1], "cognito:mfa_enabled"),
        ([""], "''"),
    ],
)
def test_header_with_a_trick(names, word):
    """What the pool does not have, what comes twice, and what is missing is told."""
    assert word in (check_header(SETTINGS, names) or "")
    assert check_header(SETTINGS, NAMES) is None


def test_cells_of_every_spelling():
    """Commas after a backslash or in quotes, lines in quotes, both line ends, a byte order mark, empty lines."""
    data = '\ufeffa,b\r\n1\\,2,"x, ""y"""\n\n"two\nlines",3\r\nlast,row'.encode()
    assert [(row.line, row.cells) for row in read(data)] == [
        (1, ["a", "b"]),
        (2, ["1,2", 'x, "y"']),
        (4, ["two\nlines", "3"]),
        (6, ["last", "row"]),
    ]


def test_rows_that_cannot_be_read():
    """Another encoding, too many characters and a broken quotation spoil their own rows only."""
    long = b"x" * 20_000
    data = b"a,b\nm\xfcller,1\n" + long + b",1\nfine,2\n" + b'"y"z,1\nfine,3\n'
    found = read(data, 1000)
    assert [(row.line, row.cells) for row in found if not row.problem] == [
        (1, ["a", "b"]),
        (4, ["fine", "2"]),
        (6, ["fine", "3"]),
    ]
    assert {row.line: row.problem for row in found if row.problem}.keys() == {2, 3, 5}
    assert "UTF-8" in found[1].problem
    assert "16000 characters" in found[2].problem


def test_a_quotation_without_end_takes_little_memory():
    """Neither one endless line nor one endless cell is held."""
    piece = b'"' + b"x\n" * 20_000

    def endless():
        yield from (piece for _ in range(3))
        yield from (b"y" * 1_000_000 for _ in range(5))

    tracemalloc.start()
    with pytest.raises(UnusableFile, match="has no end"):
        assert all(row.problem or row.cells for row in rows(endless()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


EVIL = "mallory,false,mallory@example.com,true,"


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ('"' + "x" * 20_000 + "\n", '"'),
        ('"' + "x" * 70_000 + "\n", '"'),
        ("x" * 20_000 + "\\\n", ""),
        ("x" * 100_000 + "\\\n", ""),
        ("x" * 100_000 + ',"a""b\n', '"'),
        ('"m\xfcller\n', '"'),
        ('"a\n' + "b\n" * 9000, '\\"\n' + EVIL + '\n"'),
        ('\xfc,5" disk,\\\n', ""),
    ],
)
@pytest.mark.parametrize("size", [64, 4096, 1_000_000])
def test_a_cell_cannot_become_a_row(opens, closes, size):
    """What a user put behind a line end stays in the row that cannot be read; the row behind it is read."""
    escape = "\\" if opens.endswith("\\\n") else ""
    data = f"{','.join(NAMES)}\n{opens}{EVIL}{escape}\n{closes},z\nfine,2\n".encode("latin-1")
    found = read(data, size)
    assert [row.cells for row in found[2:]] == [["fine", "2"]]
    assert found[1].line == 2
    assert found[1].problem
    assert found[2].line == 2 + data[data.index(b"\n") + 1 :].count(b"\n") - 1


def test_a_bad_row_at_the_end():
    """Without a line end behind it, and with a quotation that never ends, which is told."""
    assert [bool(row.problem) for row in read(b"a,b\n" + b"x" * 20_000, 99)] == [False, True]
    found = rows([b'a,b\n"' + b"x" * 20_000 + b"\nfine,1\n"])
    assert [bool(next(found).problem) for _ in range(2)] == [False, True]
    with pytest.raises(UnusableFile, match="line 2 has no end"):
        next(found)


def test_rows_before_what_is_wrong():
    """They are handed out before the file is given up."""
    found = batches(rows([b'a,b\n1,2\n3,4\n"5,6\n']), 2)
    assert [[row.line for row in next(found)] for _ in range(2)] == [[1, 2], [3, 4]]
    with pytest.raises(UnusableFile):
        next(found)


def test_too_many_rows():
    """The limit is told; the rows before it are read."""
    found = rows([b"a,b\n1,2\n3,4\n5,6\n"], most=2)
    assert [next(found).line for _ in range(3)] == [1, 2, 3]
    with pytest.raises(UnusableFile, match="more than 2 users"):
        next(found)


def test_second_factor_of_a_row():
    """TRUE is a wish for codes by SMS; whether the pool has them is another check."""
    assert new_user(POOL, NAMES, ["ada", "TRUE", *ADA[2:]]).sms_mfa
    assert not new_user(POOL, NAMES, ADA).sms_mfa


def test_user_of_a_row():
    """Without a password, to be reset; dates become those of OpenID Connect; empty cells are no attributes."""
    user = new_user(POOL, NAMES, [*ADA[:4], "12/31/1999"])
    assert (user.username, user.status, user.credential) == ("ada", "RESET_REQUIRED", None)
    assert user.attributes == {"email": "ada@example.com", "email_verified": "true", "birthdate": "1999-12-31"}


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (ADA[:4], "4 columns and the header 5"),
        ([*ADA, ""], "6 columns"),
        (["", *ADA[1:]], "cognito:username is empty"),
        (["ada", "", *ADA[2:]], "must be true or false"),
        (["ada", "false", "ada@example.com", "false", ""], "auto verified"),
        (["ada", "false", "", "true", ""], "email is empty"),
    ],
)
def test_row_that_is_no_user(cells, word):
    with pytest.raises(InvalidParameterException, match=word):
        new_user(POOL, NAMES, cells)


@pytest.mark.parametrize("text", ["=1+1", "+15551234567", "-1", "@SUM(A1)", "\t=1", "\r=1", "'", "''", "'=1", "x", ""])
def test_formula_is_no_formula(text):
    """An exported cell never begins like a formula, and comes back as it was."""
    assert guarded(text)[:1] not in set("=+-@\t\r")
    assert unguarded(guarded(text)) == text


@settings(deadline=None)
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=2), max_size=5))
def test_what_is_written_is_read(table):
    """Every table that our export writes is read back cell by cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\r\n")
    for row in table:
        writer.writerow([guarded(cell) for cell in row])
    found = read(text.getvalue().encode(), 11)
    assert [[unguarded(cell) for cell in row.cells] for row in found] == [row for row in table if any(row) or row]


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes(data, size):
    """Any bytes are rows or problems, in order; nothing else happens."""
    try:
        found = read(data, size)
    except UnusableFile as error:
        assert "has no end" in str(error)  # noqa: PT017 - either is right
        return
    assert [row.line for row in found] == sorted({row.line for row in found})
    assert all(bool(row.cells) != bool(row.problem) for row in found)
    for row in found:
        import_csv.check_header(SETTINGS, row.cells)
