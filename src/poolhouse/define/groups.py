"""Which texts may name a group, and whether a rule's group exists."""

from collections.abc import Sequence
from typing import Final
from unicodedata import category, is_normalized

from poolhouse.errors import DefinitionError

from .manifest import Group
from .places import Place
from .words import advice, shown

_REFUSED: Final = frozenset("\"'`,\\")
_ALLOWED: Final = frozenset("LMSNP")
_MAX_LENGTH: Final = 128


def groups_of(names: object, place: Place) -> tuple[Group, ...]:
    """Groups in the order of `names`; the place in the list is the precedence, 0 is strongest."""
    if not isinstance(names, list | tuple):
        raise DefinitionError(
            f"groups must be a list of names, not {shown(names)}.",
            resolution='Write for example groups=["ADMINS"].',
            location=str(place),
        )
    checked = [check_group_name(name, place) for name in names]
    twice = next((name for name in checked if checked.count(name) > 1), None)
    if twice is not None:
        raise DefinitionError(
            f"The group {twice!r} is listed twice.", resolution="Keep one of them.", location=str(place)
        )
    return tuple(Group(name=name, precedence=index) for index, name in enumerate(checked))


def check_group_name(name: object, place: Place) -> str:
    """Letters, marks, numbers, symbols and punctuation of Unicode in NFC, without quotes, commas and backslashes."""
    if not isinstance(name, str) or not 1 <= len(name) <= _MAX_LENGTH:
        raise DefinitionError(
            f"A group cannot be named {shown(name)}.",
            resolution=f"Use text of 1 to {_MAX_LENGTH} characters.",
            location=str(place),
        )
    wrong = next((char for char in name if char in _REFUSED or category(char)[0] not in _ALLOWED), None)
    if wrong is not None:
        raise DefinitionError(
            f"The group name {shown(name)} holds {wrong!r}, which could be read as something else than a name.",
            resolution="Use letters, digits and signs such as - _ . without spaces, quotes, commas and backslashes.",
            location=str(place),
        )
    if not is_normalized("NFC", name):
        raise DefinitionError(
            f"The group name {shown(name)} is not in Unicode's NFC form, so it could look like another group.",
            resolution="Type the name again with composed characters.",
            location=str(place),
        )
    return name


def check_group_exists(name: str, groups: Sequence[Group], place: Place, error: type[DefinitionError]) -> None:
    names = [group.name for group in groups]
    if name not in names:
        raise error(
            f"The rule names the group {name!r}, which define_auth(groups=[...]) does not list.",
            resolution=advice(name, names) if names else f'Add groups=["{name}"] to define_auth().',
            location=str(place),
        )
