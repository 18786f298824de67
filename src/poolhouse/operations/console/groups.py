"""Groups as people compare them: how many are in each, and who outranks whom before and after a change."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from poolhouse.access.delegation import Ranked
from poolhouse.operations.context import Services
from poolhouse.store import groups

COUNTED: Final = 1000
"""Members are counted up to here."""
COMPARED: Final = 1000
"""So many groups of a pool are compared with each other."""


class Standing(NamedTuple):
    """The groups that one outranks and those that outrank it, by name; those of the same precedence are neither."""

    outranks: tuple[str, ...]
    outranked_by: tuple[str, ...]


class Shift(NamedTuple):
    """What a change of precedence does: `gained` and `lost` are ranks over others, `rises` and `yields` theirs."""

    before: Standing | None
    after: Standing

    @property
    def gained(self) -> tuple[str, ...]:
        return _without(self.after.outranks, self.before.outranks if self.before else ())

    @property
    def lost(self) -> tuple[str, ...]:
        return _without(self.before.outranks if self.before else (), self.after.outranks)

    @property
    def rises(self) -> tuple[str, ...]:
        """Those that outrank it from now on."""
        return _without(self.after.outranked_by, self.before.outranked_by if self.before else ())

    @property
    def yields(self) -> tuple[str, ...]:
        """Those that outrank it no longer."""
        return _without(self.before.outranked_by if self.before else (), self.after.outranked_by)


async def sizes(services: Services, pool_id: str, names: Iterable[str]) -> dict[str, int]:
    """How many members each group has; COUNTED + 1 stands for more than that."""
    found: dict[str, int] = {}
    async with services.database.read() as tx:
        for name in names:
            group = await groups.find(tx, pool_id, name)
            found[name] = 0 if group is None else await groups.size(tx, group.id, COUNTED + 1)
    return found


async def ladder(services: Services, pool_id: str) -> list[Ranked]:
    """The groups of a pool, the strongest first; of very many, those whose names come first."""
    async with services.database.read() as tx:
        found = await groups.list_(tx, pool_id, "", COMPARED)
    return ordered([Ranked(group.name, group.precedence) for group in found])


def ordered(found: Iterable[Ranked]) -> list[Ranked]:
    """The strongest first, and by name where they are equal."""
    return sorted(found, key=lambda group: (_rank(group.precedence), group.name))


def standing(others: Sequence[Ranked], name: str, precedence: int | None) -> Standing:
    """Where a group of this name and precedence stands among the others; it need not exist."""
    rank = _rank(precedence)
    return Standing(
        tuple(group.name for group in others if group.name != name and _rank(group.precedence) > rank),
        tuple(group.name for group in others if group.name != name and _rank(group.precedence) < rank),
    )


def shift(found: Sequence[Ranked], name: str, precedence: int | None) -> Shift:
    """What it does to give a group this precedence; None leaves an existing one as it is."""
    known = next((group for group in found if group.name == name), None)
    if known is None:
        return Shift(None, standing(found, name, precedence))
    wanted = known.precedence if precedence is None else precedence
    return Shift(standing(found, name, known.precedence), standing(found, name, wanted))


def _rank(precedence: int | None) -> float:
    """A group without a precedence comes behind all that have one."""
    return float("inf") if precedence is None else precedence


def _without(names: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    left = frozenset(others)
    return tuple(name for name in names if name not in left)
