"""Carries out a plan. Idempotent; nothing that holds users is dropped unless that is allowed expressly."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from poolhouse.config import Settings
from poolhouse.crypto.codes import client_id, new_uuid, pool_suffix
from poolhouse.crypto.tokens import SigningKey
from poolhouse.crypto.vault import Vault
from poolhouse.define.manifest import Auth, Manifest
from poolhouse.errors import DefinitionError
from poolhouse.operations import audit
from poolhouse.operations._signing import stored_keys
from poolhouse.operations.backend import console_client, referenced
from poolhouse.operations.backend.desired import (
    all_roles,
    client_settings,
    delegation_rules,
    domain_prefix,
    pool_settings,
)
from poolhouse.operations.backend.plan import Change, document_of, plan
from poolhouse.operations.backend.record import note
from poolhouse.operations.backend.state import (
    API,
    API_KEY,
    CLIENT,
    CONSOLE,
    DELEGATION,
    DOMAIN,
    GROUP,
    IDENTITY_POOL,
    POOL,
    REFERENCE,
    REST_API,
    ApiKey,
    Applied,
    Names,
    only,
)
from poolhouse.operations.context import Services
from poolhouse.store import backend, clients, delegations, domains, groups, identities, pools, roles
from poolhouse.store import settings as rows
from poolhouse.store.backend import Resource
from poolhouse.store.clients import Client
from poolhouse.store.database import Database, Transaction
from poolhouse.store.domains import Domain, DomainSettings
from poolhouse.store.pools import Pool, StoredKey
from poolhouse.store.settings import PoolSettings

_DAY = 86_400_000_000
_KEY_PURPOSE = "api-key"
_MOST_TOLD: Final = 100


class _Work(NamedTuple):
    """What every step needs."""

    services: Services
    tx: Transaction
    manifest: Manifest
    now: int
    signing: Sequence[StoredKey]


async def apply(
    services: Services,
    manifest: Manifest,
    *,
    allow_destructive: bool = False,
    sources: Mapping[str, str] | None = None,
) -> tuple[Applied, list[Change], list[Change]]:
    """Make the store what the Manifest says: (what it became, changes made, changes withheld).

    What was applied is noted, with the digests of its functions' `sources`, so that other processes can follow.
    Withheld are the changes that would lose users; `allow_destructive` carries them out.
    """
    pool_id = f"{services.settings.region}_{pool_suffix()}"
    signing: Sequence[StoredKey] = ()
    while True:
        async with services.database.write() as tx:
            # Planned under the lock: processes that start together must not each make a pool.
            await backend.lock(tx, manifest.name)
            wanted = await plan(tx, manifest, services.settings)
            made = [change for change in wanted if allow_destructive or not change.holds_users]
            if signing or not any(_needs_keys(change) for change in made):
                work = _Work(services, tx, manifest, services.clock(), signing)
                for change in made:
                    await _make(work, change, pool_id)
                await _apply_roles(work)
                await console_client.keep(tx, manifest, services.settings, work.now)
                await note(tx, manifest, sources or {}, work.now, changed=bool(made))
                await _record(work, made)
                break
        pair = await asyncio.gather(*(services.compute(SigningKey.generate) for _ in range(2)))
        signing = stored_keys(services.vault, pool_id, pair[0], pair[1], services.clock())
    applied = await current(services.settings, services.database, services.vault, manifest)
    return applied, made, [change for change in wanted if change not in made]


async def _record(work: _Work, made: Sequence[Change]) -> None:
    """Into the audit trail: whoever changes the definitions changes who may do what."""
    if made:
        await audit.operator_did(
            work.tx,
            work.services.vault,
            work.now,
            principal=f"arn:aws:iam::{work.services.settings.account_id}:root",
            operation="ApplyDefinitions",
            subject=work.manifest.name,
            way="definitions",
            request={"Changes": [str(change) for change in made[:_MOST_TOLD]]},
        )


def _needs_keys(change: Change) -> bool:
    """Whether it makes a pool. Its keys take long to make, so they are made while no write block is open."""
    return change.kind == POOL and change.action in {"create", "replace"}


async def current(settings: Settings, database: Database, vault: Vault, manifest: Manifest) -> Applied:
    """What the resources of an applied Manifest are, without changing anything."""
    async with database.read() as tx:
        found = await backend.resources(tx, manifest.name)
    names = Names(settings, manifest.name)
    key = only(found, API_KEY)
    reference = referenced.reference_of(manifest)
    return Applied(
        backend=manifest.name,
        manifest=manifest,
        pool_id=reference.user_pool_id if reference else _id(found, POOL),
        client_id=reference.user_pool_client_id if reference else _id(found, CLIENT),
        console_client_id=None if reference else _id(found, CONSOLE),
        identity_pool_id=reference.identity_pool_id if reference else _id(found, IDENTITY_POOL),
        api_id=_id(found, API),
        api_key=vault.open_token(_KEY_PURPOSE, key.document, ApiKey) if key else None,
        function_roles={function.name: names.arn("function", function.name) for function in manifest.functions},
        rest_apis={resource.name: resource.resource_id for resource in found if resource.kind == REST_API},
    )


def _id(found: list[Resource], kind: str) -> str | None:
    resource = only(found, kind)
    return resource.resource_id if resource else None


async def _make(work: _Work, change: Change, pool_id: str) -> None:
    found = await backend.resources(work.tx, work.manifest.name)
    if change.action == "rename":
        await _rename(work, found, change)
    elif change.kind == POOL:
        await _make_pool(work, found, change, pool_id)
    elif change.kind == API:
        await _make_plain(work, found, change, (client_id(), "{}"))
    elif (make := _OF_POOL.get(change.kind)) is not None:
        await make(work, found)
    else:
        await _OF_CHANGE[change.kind](work, found, change)


async def _note(work: _Work, kind: str, name: str, resource_id: str, document: str) -> None:
    await backend.put(work.tx, Resource(work.manifest.name, kind, name, resource_id, document, work.now))


async def _rename(work: _Work, found: list[Resource], change: Change) -> None:
    """The names of the auth and the data definition are only names; ids and users stay."""
    for resource in found:
        if resource.kind == change.kind or (change.kind == POOL and resource.kind == CLIENT):
            await backend.remove(work.tx, resource)
            await backend.put(work.tx, resource._replace(name=change.name, modified=work.now))


async def _make_pool(work: _Work, found: list[Resource], change: Change, pool_id: str) -> None:
    existing = only(found, POOL)
    if existing is not None and change.action in {"remove", "replace"}:
        await _drop_pool(work, found)
    auth = work.manifest.auth
    if auth is None or auth.reference is not None:
        return
    wanted = pool_settings(auth, work.services.settings)
    if change.action == "change":
        assert existing is not None
        pool = await pools.get(work.tx, existing.resource_id)
        await pools.change(work.tx, pool._replace(settings=_merged(pool.settings, wanted), modified=work.now))
        await _note(work, POOL, auth.name, pool.id, rows.encode(wanted))
        return
    region = work.services.settings.region
    await pools.add(work.tx, Pool(pool_id, region, auth.name, wanted, work.now, work.now))
    for key in work.signing:
        await pools.add_key(work.tx, key)
    await _note(work, POOL, auth.name, pool_id, rows.encode(wanted))
    if change.action == "replace":
        await _refill(work, auth)


def _merged(before: PoolSettings, wanted: PoolSettings) -> PoolSettings:
    """What the definitions say, with the attributes and tags that the pool got otherwise: attributes never go."""
    named = {entry.Name for entry in wanted.Schema}
    return msgspec.structs.replace(
        wanted,
        Schema=(*wanted.Schema, *(entry for entry in before.Schema if entry.Name not in named)),
        UserPoolTags={**before.UserPoolTags, **wanted.UserPoolTags},
    )


async def _drop_pool(work: _Work, found: list[Resource]) -> None:
    for resource in found:
        if resource.kind == POOL:
            await pools.remove(work.tx, resource.resource_id)
        if resource.kind == IDENTITY_POOL:
            await identities.remove_pool(work.tx, resource.resource_id)
        if resource.kind in {POOL, CLIENT, IDENTITY_POOL, DOMAIN, GROUP, DELEGATION}:
            await backend.remove(work.tx, resource)


async def _refill(work: _Work, auth: Auth) -> None:
    """A replaced pool has none of what hung on the old one."""
    await _make_client(work, await backend.resources(work.tx, work.manifest.name))
    await _make_identity_pool(work, await backend.resources(work.tx, work.manifest.name))
    await _make_domain(work, await backend.resources(work.tx, work.manifest.name))
    for group in auth.groups:
        found = await backend.resources(work.tx, work.manifest.name)
        await _make_group(work, found, Change("create", GROUP, group.name))
    await _make_delegation(work, await backend.resources(work.tx, work.manifest.name))


async def _make_client(work: _Work, found: list[Resource]) -> None:
    pool, existing = only(found, POOL), only(found, CLIENT)
    assert pool is not None
    assert work.manifest.auth is not None
    wanted = client_settings(work.manifest.auth)
    name = work.manifest.auth.name
    if existing is None:
        made = Client(client_id(), pool.resource_id, name, wanted, None, work.now, work.now)
        await clients.add(work.tx, made)
    else:
        made = await clients.get(work.tx, existing.resource_id)
        await clients.change(work.tx, made._replace(settings=wanted, modified=work.now))
    await _note(work, CLIENT, name, made.id, rows.encode(wanted))


async def _make_identity_pool(work: _Work, found: list[Resource]) -> None:
    pool, client, existing = only(found, POOL), only(found, CLIENT), only(found, IDENTITY_POOL)
    assert pool is not None
    assert client is not None
    assert work.manifest.auth is not None
    names = Names(work.services.settings, work.manifest.name)
    wanted = identities.IdentityPoolSettings(
        providers=(identities.Provider(pool.resource_id, client.resource_id),),
        allow_unauthenticated=True,
        authenticated_role=names.arn("authenticated"),
        unauthenticated_role=names.arn("unauthenticated"),
    )
    pool_id = existing.resource_id if existing else f"{work.services.settings.region}:{new_uuid()}"
    name = work.manifest.auth.name
    await identities.put_pool(work.tx, identities.IdentityPool(pool_id, name, wanted, work.now))
    await _note(work, IDENTITY_POOL, name, pool_id, msgspec.json.encode(wanted).decode())


async def _make_domain(work: _Work, found: list[Resource]) -> None:
    """Whatever domain the pool had gives way to the one of the definitions. Raises DefinitionError for a taken one."""
    pool, existing, wanted = only(found, POOL), only(found, DOMAIN), domain_prefix(work.manifest)
    assert pool is not None
    if existing is not None:
        await domains.remove(work.tx, existing.name)
        await backend.remove(work.tx, existing)
    if wanted is None:
        return
    if (other := await domains.of_pool(work.tx, pool.resource_id)) is not None:
        await domains.remove(work.tx, other.domain)
    if not await domains.add(work.tx, Domain(wanted, pool.resource_id, "prefix", DomainSettings(), work.now)):
        raise DefinitionError(
            f"The domain prefix {wanted!r} belongs to another user pool of this server.",
            resolution="Choose another domain_prefix in login_with.external_providers.",
        )
    await _note(work, DOMAIN, wanted, pool.resource_id, "")


async def _make_group(work: _Work, found: list[Resource], change: Change) -> None:
    pool = only(found, POOL)
    assert pool is not None
    assert work.manifest.auth is not None
    if change.action == "remove":
        await _remove_group(work, found, pool.resource_id, change.name)
        return
    wanted = next(group for group in work.manifest.auth.groups if group.name == change.name)
    arn = Names(work.services.settings, work.manifest.name).arn("group", wanted.name)
    known = await groups.find(work.tx, pool.resource_id, wanted.name)
    put = groups.add if known is None else groups.change
    await put(work.tx, pool.resource_id, wanted.name, role_arn=arn, precedence=wanted.precedence, now=work.now)
    await _note(work, GROUP, wanted.name, pool.resource_id, str(wanted.precedence))


async def _remove_group(work: _Work, found: list[Resource], pool_id: str, name: str) -> None:
    for resource in found:
        if (resource.kind, resource.name) == (GROUP, name):
            await backend.remove(work.tx, resource)
            if await groups.find(work.tx, pool_id, name):
                await groups.remove(work.tx, pool_id, name)


async def _make_delegation(work: _Work, found: list[Resource]) -> None:
    pool, existing = only(found, POOL), only(found, DELEGATION)
    assert pool is not None
    assert work.manifest.auth is not None
    wanted = delegation_rules(work.manifest, work.services.settings)
    if existing is not None:
        await backend.remove(work.tx, existing)
    if wanted is None:
        await delegations.remove(work.tx, pool.resource_id)
        return
    await delegations.put(work.tx, pool.resource_id, wanted, work.now)
    await _note(work, DELEGATION, work.manifest.auth.name, pool.resource_id, wanted)


async def _make_plain(work: _Work, found: list[Resource], change: Change, made: tuple[str, str]) -> None:
    """A resource that is nothing but its id and its document."""
    existing = only(found, change.kind)
    if change.action == "remove":
        assert existing is not None
        await backend.remove(work.tx, existing)
    else:
        await _note(work, change.kind, change.name, *made)


async def _make_api_key(work: _Work, found: list[Resource], change: Change) -> None:
    data = work.manifest.data
    days = (data.api_key_expires_in_days if data else None) or 0
    key = ApiKey(f"da2-{client_id()}", work.now + days * _DAY)
    sealed = work.services.vault.seal_token(_KEY_PURPOSE, key)
    await _make_plain(work, found, change, (key.value[:8], sealed))


async def _make_reference(work: _Work, found: list[Resource], change: Change) -> None:
    if change.action == "remove":
        await backend.remove(work.tx, next(one for one in found if (one.kind, one.name) == (REFERENCE, change.name)))
    else:
        document = referenced.document_of(work.manifest, work.services.settings)
        await _note(work, REFERENCE, change.name, change.name, document or "")


async def _make_rest_api(work: _Work, found: list[Resource], change: Change) -> None:
    """An API keeps its id for life, as it is part of resource names."""
    existing = next((one for one in found if (one.kind, one.name) == (REST_API, change.name)), None)
    wanted = next((api for api in work.manifest.rest_apis if api.name == change.name), None)
    if wanted is not None:
        made = existing.resource_id if existing else client_id()[:10]
        await _note(work, REST_API, change.name, made, document_of(wanted))
    elif existing is not None:
        await backend.remove(work.tx, existing)


async def _apply_roles(work: _Work) -> None:
    """Roles are derived wholly from the Manifest, so what it no longer names is gone at once."""
    found = await backend.resources(work.tx, work.manifest.name)
    ids = {kind: resource.resource_id for kind in (POOL, IDENTITY_POOL, API) if (resource := only(found, kind))}
    if (reference := referenced.reference_of(work.manifest)) is not None:
        ids[POOL] = reference.user_pool_id
    groups_there = [resource.name for resource in found if resource.kind == GROUP]
    made = all_roles(work.manifest, work.services.settings, ids, work.now, groups_there)
    wanted = {role.arn: role for role in made}
    existing = {role.arn: role for role in await roles.owned(work.tx, work.manifest.name)}
    for arn in existing.keys() - wanted.keys():
        await roles.remove(work.tx, arn)
    for arn, role in wanted.items():
        before = existing.get(arn)
        if before is None or (json.loads(before.policies), before.trust) != (json.loads(role.policies), role.trust):
            await roles.put(work.tx, role)


_OF_POOL: Final = {
    CLIENT: _make_client,
    DELEGATION: _make_delegation,
    DOMAIN: _make_domain,
    IDENTITY_POOL: _make_identity_pool,
}
_OF_CHANGE: Final = {
    API_KEY: _make_api_key,
    GROUP: _make_group,
    REFERENCE: _make_reference,
    REST_API: _make_rest_api,
}
