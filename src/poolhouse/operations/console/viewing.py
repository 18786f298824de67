"""A look at what a user may do, without becoming him: nothing is signed in, no token is made, and it is recorded."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from poolhouse.access.principals import Root
from poolhouse.define.manifest import Delegate
from poolhouse.operations import audit, delegation
from poolhouse.operations.context import Call
from poolhouse.store import groups, users
from poolhouse.store.groups import Group
from poolhouse.store.pools import Pool

from .people import Known, of_row

OPERATION: Final = "ViewAs"


class ViewAs(msgspec.Struct, frozen=True):
    """What the audit trail is told; AWS has no such operation."""

    UserPoolId: str
    Username: str


class Seen(NamedTuple):
    """A user with his groups; `rules` are those of his groups, `protected` the groups that must keep a member."""

    user: Known
    enabled: bool
    groups: Sequence[Group]
    rules: Sequence[Delegate]
    protected: Sequence[str]


async def look(ctx: Call, pool: Pool, name: str) -> Seen:
    """Who may not see the user and his groups must not come here. Raises UserNotFoundException."""
    ctx.operation, ctx.request = OPERATION, ViewAs(pool.id, name)
    async with ctx.services.database.write() as tx:
        user = await users.get(tx, pool, name)
        ctx.subject = user.sub
        ctx.rule = "root" if isinstance(ctx.principal, Root) else "AdminListGroupsForUser is delegated"
        await audit.record(tx, ctx)
        held = await groups.of_user(tx, user.id)
        rules = await delegation.rules_of(tx, pool.id)
    names = {group.name for group in held}
    own = [one for one in (rules.delegation.delegates if rules else ()) if one.group in names]
    return Seen(of_row(user), bool(user.enabled), held, own, rules.delegation.protected if rules else ())
