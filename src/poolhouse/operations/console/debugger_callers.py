"""Who somebody would be to the server if he came now: a person, a session of a role, a caller with a token."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from poolhouse.access import roles
from poolhouse.access.decisions import Ranked
from poolhouse.access.explaining import Witness
from poolhouse.access.fields import BackendCaller, Caller, IdentityCaller, UserPoolCaller
from poolhouse.access.principals import CognitoIdentity, Person, RoleSession
from poolhouse.access.roles import IDENTITY_SESSION_NAME
from poolhouse.errors import PageRefusal, ServiceError
from poolhouse.operations import identity_logins, issuing
from poolhouse.operations.principals import policy_set
from poolhouse.store import groups, identities, users
from poolhouse.store import roles as role_rows
from poolhouse.store.groups import Group
from poolhouse.store.identities import Identity
from poolhouse.store.users import User

from .debugger_answers import Scene


async def caller(scene: Scene, kind: str, who: str) -> Caller | None:
    """Somebody at GraphQL's or REST's door; None for a user whose tokens are refused."""
    if kind == "group":
        await group(scene, who)
        return UserPoolCaller({}, (who,), (who,))
    if kind == "user":
        found = await _standing(scene, who)
        told = {"username": found.username, "sub": found.sub}
        return UserPoolCaller(told, found.groups, found.groups) if found.enabled else None
    role = await session(scene, kind, who)
    if role.identity is None:
        return BackendCaller(role)
    return IdentityCaller(role, role.identity, role.identity.groups)


async def group(scene: Scene, name: str) -> Ranked:
    """Raises PageRefusal."""
    if (remote := scene.remote) is not None:
        found = await remote.members.group(name)
    else:
        async with scene.ctx.services.database.read() as tx:
            row = await groups.find(tx, scene.pool.id, name)
        found = None if row is None else Ranked(row.name, row.precedence)
    if found is None:
        raise PageRefusal("There is no such group", f"The pool has no group {name}.", status=404)
    return found


async def person(scene: Scene, who: str) -> Person:
    found = await _standing(scene, who)
    return Person(
        pool_id=scene.pool.id,
        sub=found.sub,
        username=found.username,
        token_id="",
        address=scene.ctx.source_ip,
        via="console",
        account_id=scene.ctx.services.settings.account_id,
        region=scene.pool.region,
    )


async def session(scene: Scene, kind: str, who: str) -> RoleSession:
    """Of a function's role, of any role by its ARN, or of the role that a user gets from the identity pool."""
    if kind == "identity":
        return await _of_identity(scene, who)
    if kind == "function":
        arn = scene.function_roles.get(who)
        if arn is None:
            raise PageRefusal("There is no such function", f"The definitions have no function {who}.", status=404)
        return await _session(scene, arn, who)
    return await _session(scene, who, "debugger")


async def names(scene: Scene, typed: Iterable[str]) -> dict[str, str]:
    """Usernames, which may be ids, to how they were typed, of those users that there are here."""
    found = {}
    async with scene.ctx.services.database.read() as tx:
        for each in filter(None, typed):
            user = await users.find(tx, scene.pool, each)
            if user is not None:
                found[user.username] = each
    return found


def where(session: RoleSession, found: Sequence[Witness]) -> str:
    """The statements that allow, by their places."""
    places = ", ".join(f"statement {one.statement} of policy {one.policy}" for one in found)
    return f"{places} of role {session.role_name}" if places else f"Role {session.role_name}"


class _Standing(NamedTuple):
    """A user as the doors look at him."""

    sub: str
    username: str
    enabled: bool
    groups: tuple[str, ...]


async def _standing(scene: Scene, who: str) -> _Standing:
    """Raises PageRefusal."""
    if (remote := scene.remote) is None:
        user, rows = await _user(scene, who)
        return _Standing(user.sub, user.username, bool(user.enabled), tuple(row.name for row in rows))
    member = await remote.members.find(who)
    if member is None:
        raise PageRefusal("There is no such user", f"The pool has no user {who}.", status=404)
    held = await remote.members.groups_now(member.username)
    return _Standing(member.sub, member.username, member.enabled, tuple(one.name for one in held))


async def _user(scene: Scene, who: str) -> tuple[User, list[Group]]:
    async with scene.ctx.services.database.read() as tx:
        user = await users.find(tx, scene.pool, who)
        held = await groups.of_user(tx, user.id) if user else []
    if user is None:
        raise PageRefusal("There is no such user", f"The pool has no user {who}.", status=404)
    return user, held


async def _session(scene: Scene, arn: str, name: str, identity: CognitoIdentity | None = None) -> RoleSession:
    async with scene.ctx.services.database.read() as tx:
        role = await role_rows.find(tx, arn)
    if role is None:
        raise PageRefusal("There is no such role", f"No role has the ARN {arn}.", status=404)
    return RoleSession(
        role_arn=role.arn,
        role_name=role.name,
        session_name=name,
        account_id=scene.ctx.services.settings.account_id,
        region=scene.pool.region,
        policies=policy_set(role.policies),
        identity=identity,
    )


async def _of_identity(scene: Scene, who: str) -> RoleSession:
    """By the same choice as when credentials are issued. Raises PageRefusal where there would be none."""
    if scene.remote is not None:
        raise PageRefusal("There are no credentials", "The identity pool is at AWS, and so are its credentials.")
    user, held = await _user(scene, who)
    pool_id = scene.applied.identity_pool_id if scene.is_defined and scene.applied else None
    if pool_id is None:
        raise PageRefusal("There is no identity pool", "The definitions give this user pool no identity pool.")
    async with scene.ctx.services.database.read() as tx:
        pool = await identities.get_pool(tx, pool_id)
    provider = next((one for one in pool.settings.providers if one.pool_id == scene.pool.id), None)
    if provider is None or not user.enabled:
        raise PageRefusal("There are no credentials", f"The identity pool gives {user.username} no credentials.")
    try:
        arn = roles.choose_role(
            issuing.role_claims(held),
            authenticated_role=pool.settings.authenticated_role,
            unauthenticated_role=pool.settings.unauthenticated_role,
            mapping=identity_logins.mapping_of(scene.ctx.services, pool, provider),
        )
    except ServiceError as error:
        raise PageRefusal("There are no credentials", error.message) from error
    made = Identity(f"{scene.pool.region}:debugger", pool.id, provider.aws_name, user.sub, scene.ctx.now)
    names = tuple(group.name for group in held)
    identity = identity_logins.user(
        made, provider.aws_name, sub=user.sub, username=user.username, groups=names, now=scene.ctx.now
    )
    return await _session(scene, arn, IDENTITY_SESSION_NAME, identity)
