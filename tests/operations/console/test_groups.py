"""Who outranks whom, before and after a change, and how many are in a group."""

import pytest
from operations.stage import build

from poolhouse.operations.console import groups
from poolhouse.operations.console.groups import COUNTED, shift, standing
from poolhouse.store import groups as rows
from poolhouse.store.groups import Group


def group(name: str, precedence: int | None) -> Group:
    return Group(1, "pool", name, None, None, precedence, 1, 1)


LADDER = [group("ADMINS", 0), group("EDITORS", 5), group("SUPPORT", 5), group("PLAIN", None)]


@pytest.mark.parametrize(
    ("precedence", "outranks", "outranked_by"),
    [
        (0, ("EDITORS", "SUPPORT", "PLAIN"), ()),
        (5, ("PLAIN",), ("ADMINS",)),
        (9, ("PLAIN",), ("ADMINS", "EDITORS", "SUPPORT")),
        (None, (), ("ADMINS", "EDITORS", "SUPPORT")),
    ],
)
def test_standing(precedence, outranks, outranked_by):
    """A lower number is stronger, the same number neither, none the weakest."""
    assert standing(LADDER, "NEW", precedence) == (outranks, outranked_by)


def test_shift_of_an_existing_group():
    """Both ends of what changes: over whom, and under whom."""
    raised = shift(LADDER, "SUPPORT", 0)
    assert (raised.gained, raised.lost, raised.rises, raised.yields) == (("EDITORS",), (), (), ("ADMINS",))
    lowered = shift(LADDER, "EDITORS", 7)
    assert (lowered.gained, lowered.lost, lowered.rises, lowered.yields) == ((), (), ("SUPPORT",), ())


def test_a_change_without_a_precedence_moves_nothing():
    """AWS keeps what a request leaves out."""
    same = shift(LADDER, "EDITORS", None)
    assert same.before == same.after == standing(LADDER, "EDITORS", 5)


async def test_counting_ends(services, invoke):
    """Counting goes as far as it is asked to; a group that is not there has nobody."""
    stage = await build(services, invoke)
    await stage.admin("CreateGroup", GroupName="EDITORS")
    for nth in range(3):
        email = f"u{nth}@example.com"
        await stage.admin("AdminCreateUser", Username=email, MessageAction="SUPPRESS")
        await stage.admin("AdminAddUserToGroup", GroupName="EDITORS", Username=email)
    assert await groups.sizes(services, stage.pool, ["EDITORS", "NOBODY"]) == {"EDITORS": 3, "NOBODY": 0}
    async with services.database.read() as tx:
        found = await rows.get(tx, stage.pool, "EDITORS")
        assert [await rows.size(tx, found.id, most) for most in (2, 3, COUNTED)] == [2, 3, 3]


async def test_the_strongest_come_first(services, invoke):
    stage = await build(services, invoke)
    for name, precedence in (("A", 9), ("B", 0), ("C", 9)):
        await stage.admin("CreateGroup", GroupName=name, Precedence=precedence)
    await stage.admin("CreateGroup", GroupName="AA")
    assert [one.name for one in await groups.ladder(services, stage.pool)] == ["B", "A", "C", "AA"]
