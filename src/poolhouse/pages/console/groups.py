"""The groups of a pool: the list, a new one, a changed one, and the end of one."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from starlette.responses import Response

from poolhouse.access.delegation import Ranked
from poolhouse.errors import (
    DelegationRefused,
    InvalidParameterException,
    PageNotFound,
    ResourceNotFoundException,
    ServiceError,
)
from poolhouse.operations.console import groups, owned
from poolhouse.operations.console.groups import Shift

from . import far_side, render
from .page import Nav, Page
from .visit import ConsoleVisit

SEES: Final = (
    "ListGroups",
    "GetGroup",
    "ListUsersInGroup",
    "AdminAddUserToGroup",
    "AdminRemoveUserFromGroup",
)
BARE: Final[dict[str, Any]] = {
    "Description": "",
    "Precedence": None,
    "RoleArn": "",
    "CreationDate": None,
    "LastModifiedDate": None,
}
"""What AWS leaves out of the description of a group."""
_LIMIT: Final = 50
_MOST: Final = 60
_LONGEST: Final = 128
_NAMED: Final = 12
_LATER: Final = "Tokens that users hold keep saying what they said until they are renewed."


async def shown(visit: ConsoleVisit) -> Response:
    """Who may not list groups names the one that he wants to see."""
    after = visit.query.get("after") or None
    found: dict[str, Any] = {"Groups": []}
    if visit.may("ListGroups"):
        found = await visit.of_pool("ListGroups", Limit=_LIMIT, NextToken=after)
    names = [group["GroupName"] for group in found["Groups"]]
    return render.page(
        "groups",
        visit,
        groups=[BARE | group for group in found["Groups"]],
        sizes=await sizes(visit, names),
        most=groups.COUNTED,
        defined=await owned.of_pool(visit.services, visit.pool),
        following=visit.url("/groups", after=found["NextToken"]) if "NextToken" in found else "",
        first=visit.url("/groups") if after else "",
    )


async def first_names(visit: ConsoleVisit) -> list[str]:
    """To choose from; a pool with more groups than that has its own page for them."""
    return [group["GroupName"] for group in (await visit.of_pool("ListGroups", Limit=_MOST))["Groups"]]


# --- a new one ---------------------------------------------------------------------------------------------


async def new_shown(visit: ConsoleVisit) -> Response:
    return await _form(visit, "", is_known=False)


async def new_posted(visit: ConsoleVisit) -> Response:
    """Twice: to see what it would do, and to do it."""
    name = visit.form.text("name")
    try:
        values = _values(visit, name)
        if visit.form.get("step") != "do":
            return await _form(visit, "", is_known=False, review=await _foreseen(visit, name, values))
        await visit.of_pool("CreateGroup", **values)
    except ServiceError as error:
        return await _form(visit, "", is_known=False, error=error)
    return visit.done(visit.url("/group", name=name), f"The group {name} was created. It has no members yet.")


# --- a changed one -----------------------------------------------------------------------------------------


async def edit_shown(visit: ConsoleVisit) -> Response:
    return await _form(visit, visit.query.get("name", ""))


async def edit_posted(visit: ConsoleVisit) -> Response:
    """Precedence and role of a defined group are left alone, whatever the form says."""
    name = visit.query.get("name", "")
    try:
        values = await _changes(visit, name)
        if visit.form.get("step") != "do":
            return await _form(visit, name, review=await _foreseen(visit, name, values))
        await visit.of_pool("UpdateGroup", **values)
    except ResourceNotFoundException:
        raise missing() from None
    except ServiceError as error:
        return await _form(visit, name, error=error)
    return visit.done(visit.url("/group", name=name), f"The group {name} was changed. {_LATER}")


async def _changes(visit: ConsoleVisit, name: str) -> dict[str, Any]:
    values = _values(visit, name)
    # An empty description is one; an empty role or precedence leaves what is there, because AWS has no way to clear it.
    values["Description"] = visit.form.text("description")
    if name in (await owned.of_pool(visit.services, visit.pool)).groups:
        values = {"GroupName": name, "Description": values["Description"]}
    return values


def _values(visit: ConsoleVisit, name: str) -> dict[str, Any]:
    """Members that were not filled in are None."""
    precedence = visit.form.text("precedence")
    return {
        "GroupName": name,
        "Description": visit.form.text("description") or None,
        "Precedence": _number(precedence) if precedence else None,
        "RoleArn": visit.form.text("role") or None,
    }


def _number(text: str) -> int | str:
    """What is no number stays what it is, for the model to refuse."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else text


async def _form(
    visit: ConsoleVisit,
    name: str,
    *,
    is_known: bool = True,
    review: Sequence[str] = (),
    error: ServiceError | None = None,
) -> Response:
    """`name` is the group that is edited, "" for a new one; `review` says what it would do."""
    known = await described(visit, name) if is_known else BARE
    typed = {
        "name": visit.form.get("name", ""),
        "description": visit.form.get("description", known["Description"]),
        "precedence": visit.form.get("precedence", "" if known["Precedence"] is None else known["Precedence"]),
        "role": visit.form.get("role", known["RoleArn"]),
    }
    return render.page(
        "group_form",
        visit,
        **far_side.refusal(error),
        name=name,
        typed=typed,
        review=review,
        defined=bool(name) and name in (await owned.of_pool(visit.services, visit.pool)).groups,
        where=owned.WHERE,
        ladder=(await _ladder(visit))[:_NAMED] if visit.may("ListGroups") else [],
    )


async def described(visit: ConsoleVisit, name: str) -> dict[str, Any]:
    """What the visitor may see of a group; its name at least. Raises PageNotFound."""
    if not 0 < len(name) <= _LONGEST or "\0" in name:
        raise missing()
    bare = BARE | {"GroupName": name}
    if not visit.may("GetGroup"):
        return bare
    try:
        found: dict[str, Any] = (await visit.of_pool("GetGroup", GroupName=name))["Group"]
    except DelegationRefused:
        return bare
    except (InvalidParameterException, ResourceNotFoundException):
        raise missing() from None
    return BARE | found


async def sizes(visit: ConsoleVisit, names: Iterable[str]) -> dict[str, int]:
    """How many members each group has, for the operator; AWS would have to list them, and is not asked."""
    if visit.is_remote or not visit.is_operator:
        return {}
    return await groups.sizes(visit.services, visit.pool, names)


async def _ladder(visit: ConsoleVisit) -> list[Ranked]:
    """The groups of the pool, the strongest first; of very many, some."""
    if not visit.is_remote:
        return await groups.ladder(visit.services, visit.pool)
    found: list[Ranked] = []
    after = None
    while len(found) < groups.COMPARED:
        page = await visit.of_pool("ListGroups", Limit=_MOST, NextToken=after)
        found += [Ranked(group["GroupName"], group.get("Precedence")) for group in page["Groups"]]
        after = page.get("NextToken")
        if after is None:
            break
    return groups.ordered(found)


async def _foreseen(visit: ConsoleVisit, name: str, values: dict[str, Any]) -> list[str]:
    """What the change does, sentence by sentence; ranks only for those who may see the other groups."""
    sentences = []
    if visit.may("ListGroups") and not isinstance(values.get("Precedence"), str):
        found = await _ladder(visit)
        sentences += ranks(name, groups.shift(found, name, values.get("Precedence")))
    if values.get("RoleArn"):
        sentences.append(
            f"Members whose strongest group it is get the role {values['RoleArn']} from the identity pool."
        )
    if "Precedence" in values or "RoleArn" in values:
        sentences.append(_LATER)
    return sentences


def ranks(name: str, shift: Shift) -> list[str]:
    """Who outranks whom afterwards, and what is new about it."""
    if shift.before is None:
        after = shift.after
        return [
            f"{name} will outrank {_listed(after.outranks)}.",
            f"{name} will be outranked by {_listed(after.outranked_by)}.",
        ]
    changes = [
        (shift.gained, f"{name} will newly outrank {{}}: its members may then act on theirs where delegation says so."),
        (shift.lost, f"{name} will no longer outrank {{}}."),
        (shift.rises, f"{name} will newly be outranked by {{}}."),
        (shift.yields, f"{name} will no longer be outranked by {{}}."),
    ]
    found = [text.format(_listed(names)) for names, text in changes if names]
    return found or [f"Who outranks {name}, and whom it outranks, stays as it is."]


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "no other group"
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


# --- the end of one ----------------------------------------------------------------------------------------


async def delete_shown(visit: ConsoleVisit) -> Response:
    return await _deletion(visit, visit.query.get("name", ""))


async def delete_posted(visit: ConsoleVisit) -> Response:
    name = visit.query.get("name", "")
    if name in (await owned.of_pool(visit.services, visit.pool)).groups:
        return await _deletion(visit, name, error=f"{name} is defined in {owned.WHERE}: remove it there.", status=403)
    if visit.form.text("confirm") != name:
        return await _deletion(visit, name, error="The name that you typed is not the group's name.", status=400)
    try:
        await visit.of_pool("DeleteGroup", GroupName=name)
    except ResourceNotFoundException:
        raise missing() from None
    except ServiceError as error:
        return await _deletion(visit, name, error=error.message, status=far_side.status(error))
    return visit.done(visit.url("/groups"), f"The group {name} was deleted. Its members keep their accounts.")


async def _deletion(visit: ConsoleVisit, name: str, *, error: str = "", status: int = 200) -> Response:
    await described(visit, name)
    return render.page(
        "group_delete",
        visit,
        status=status,
        error=error,
        name=name,
        size=(await sizes(visit, [name])).get(name),
        most=groups.COUNTED,
        defined=name in (await owned.of_pool(visit.services, visit.pool)).groups,
        where=owned.WHERE,
        later=_LATER,
    )


def missing() -> PageNotFound:
    return PageNotFound("There is no such group in this user pool.")


PAGES: Final = (
    Page("/groups", shown, operations=SEES, nav=Nav("Groups", "groups")),
    Page("/groups/new", new_shown, new_posted, operations=("CreateGroup",)),
    Page("/group/edit", edit_shown, edit_posted, operations=("UpdateGroup",)),
    Page("/group/delete", delete_shown, delete_posted, operations=("DeleteGroup",)),
)
