"""Every lookup and page is a range of an index, however many users a pool has."""

import re
import sqlite3
from contextlib import closing

import pytest

from poolhouse.store import clients, delegations, groups, memberships, pools, search, users
from poolhouse.store.statement import Statement

# A user has at most a hundred groups and a pool a handful of keys; those are sorted, and so are 128 users of a list.
SORTED = {"_OF_USER_ALL", "_OF_USER_PAGE", "_NAMES_OF_SUB", "_KEYS", "_KIDS", "_NAMED", "_SUBS", "_ALIASES"}
# What a sweep looks at once a minute: two rows of each pool.
SWEPT = {"_REMOVE_KEYS"}


def statements():
    for family in (clients, delegations, groups, memberships, pools, search, users):
        for name, value in vars(family).items():
            for number, statement in enumerate(value if isinstance(value, tuple) else [value]):
                if isinstance(statement, Statement):
                    yield pytest.param(name, statement, id=f"{family.__name__.rpartition('.')[2]}.{name}.{number}")


@pytest.mark.parametrize(("name", "statement"), list(statements()))
def test_no_scan_and_no_sort(sqlite_template, name, statement):
    text, _ = statement.sqlite()
    connection = sqlite3.connect(sqlite_template)
    try:
        values = dict.fromkeys(_names(text))
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    finally:
        connection.close()
    scans = [step for step in plan if step.startswith("SCAN") and not re.search(r"CONSTANT ROW|anon_\d", step)]
    assert name in SWEPT or not scans  # a subquery's own rows (anon_1) are what it was bounded to
    assert name in SORTED or not [step for step in plan if "TEMP B-TREE" in step]


@pytest.mark.parametrize(
    ("statement", "column"),
    [("_NAMED", "username_key"), ("_SUBS", "sub"), ("_ALIASES", "value_key")],
)
def test_names_of_a_list_are_looked_up_one_by_one(sqlite_template, statement, column):
    """Not by a walk through the pool, which is a range of an index too."""
    with closing(sqlite3.connect(sqlite_template)) as connection:
        for one in getattr(memberships, statement):
            text, _ = one.sqlite()
            values = dict.fromkeys(_names(text))
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
            assert any(f"pool_id=? AND {column}=?" in step for step in plan), plan


def _names(text):
    return set(re.findall(r":(\w+)", text))
