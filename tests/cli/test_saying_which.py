"""How commands name what they are asked about: the pool among several, a kind of record, a size, one of a thing."""

import pytest
from cli.command import run

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.cli.tables import counted, megabytes


@pytest.fixture
def two_pools(applied):
    project, database = applied

    async def add(administration: Administration) -> None:
        await administration.ask("CreateUserPool", PoolName="second")

    visit(Where(project, database), add)
    return lambda *arguments: run(*arguments, "--project", str(project), "--database", database, cwd=project)


def test_one_of_several_pools(two_pools):
    """The advice is what the command takes: an option, or its argument."""
    listed = two_pools("users", "list")
    assert (listed.returncode, "Say which with --pool ID: " in listed.stderr) == (1, True)
    for command in (("pools", "show"), ("pools", "set", "--password-storage", "srp")):
        told = two_pools(*command)
        assert told.returncode == 1
        assert "Say which with the argument ID: " in told.stderr
        assert "second (" in told.stderr
    assert "second" in two_pools("pools", "show", "second").stdout


def test_a_kind_of_record_that_is_none(project):
    """An empty table would say that nothing happened."""
    result = run("audit", "list", "--kind", "sign-ins", "--project", str(project), cwd=project)
    assert result.returncode == 2
    assert "'admin', 'sign-in', 'access'" in result.stderr


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 kB"), (1, "1 kB"), (13_543, "14 kB"), (1_000_000, "1.0 MB"), (2_345_678_901, "2,345.7 MB")],
)
def test_sizes(size, shown):
    assert megabytes(size) == shown


def test_one_is_no_plural():
    assert [counted(count, "user") for count in (0, 1, 2, 1200)] == ["0 users", "1 user", "2 users", "1,200 users"]


def test_a_group_that_the_pool_has_not_got(tmp_path):
    """It is made, as Amplify makes it, and said to be new: it may be a slip of the hand."""
    run("init", ".", "--template", "admin-queries", "--yes", cwd=tmp_path)
    told = run("update", "auth", "--admin-group", "Admns", "--yes", cwd=tmp_path)
    assert (told.returncode, "The group Admns is new in the user pool" in told.stderr) == (0, True)
    again = run("update", "auth", "--admin-group", "Admins", "--yes", cwd=tmp_path)
    assert (again.returncode, "is new" in again.stderr) == (0, False)
