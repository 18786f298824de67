"""Who somebody would be to the server if he came now: a person, a session of a role, a caller with a token."""

from collections.abc import Iterable, Sequence

from poolhouse.access import roles
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
        async with scene.ctx.services.database.read() as tx:
            if await groups.find(tx, scene.pool.id, who) is None:
                raise PageRefusal("There is no such group", f"The pool has no group {who}.", status=404)
        return UserPoolCaller({}, (who,), (who,))
    if kind == "user":
        user, held = await _user(scene, who)
        names = tuple(group.name for group in held)
        told = {"username": user.username, "sub": user.sub}
        return UserPoolCaller(told, names, names) if user.enabled else None
    found = await session(scene, kind, who)
    if found.identity is None:
        return BackendCaller(found)
    return IdentityCaller(found, found.identity, found.identity.groups)


async def person(scene: Scene, who: str) -> Person:
    user, _ = await _user(scene, who)
    return Person(
        pool_id=scene.pool.id,
        sub=user.sub,
        username=user.username,
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
    """Usernames, which may be ids, to how they were typed, of those users that there are."""
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
