"""How a Manifest differs from what is there. Changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from poolhouse.access.delegation import Rules
from poolhouse.config import Settings
from poolhouse.define.manifest import Auth, Delegate, Manifest, RestApi
from poolhouse.operations.backend import referenced
from poolhouse.operations.backend.desired import (
    client_settings,
    delegation_rules,
    domain_prefix,
    pool_settings,
    wants_api_key,
)
from poolhouse.operations.backend.state import (
    API,
    API_KEY,
    CLIENT,
    DELEGATION,
    DOMAIN,
    GROUP,
    IDENTITY_POOL,
    POOL,
    REFERENCE,
    REST_API,
    only,
)
from poolhouse.store import backend, groups, pools, settings
from poolhouse.store.backend import Resource
from poolhouse.store.database import Transaction

Action = Literal["create", "change", "rename", "replace", "remove"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `holds_users` says that carrying it out would lose users or memberships."""

    action: Action
    kind: str
    name: str
    detail: str = ""
    holds_users: bool = False

    def __str__(self) -> str:
        kind = "REST API" if self.kind == REST_API else self.kind.replace("_", " ")
        told = f"{self.action} {kind} {self.name}"
        return f"{told}: {self.detail}" if self.detail else told


async def plan(tx: Transaction, manifest: Manifest, server: Settings) -> list[Change]:
    """Every difference, in the order in which it is applied.

    Raises SettingError where the server is set up for another region or account than the pool that it refers to.
    """
    found = await backend.resources(tx, manifest.name)
    changes = [*_single(found, API, manifest.data.name if manifest.data else None)]
    changes += _single(found, API_KEY, manifest.data.name if manifest.data and wants_api_key(manifest.data) else None)
    changes += _rest_apis(found, manifest)
    changes += _reference(found, manifest, server)
    if manifest.auth is None or manifest.auth.reference is not None:
        return changes + await _without_auth(tx, found)
    changes += await _pool(tx, found, manifest.auth, server)
    changes += _client(found, manifest.auth)
    changes += _single(found, IDENTITY_POOL, manifest.auth.name)
    changes += _domain(found, domain_prefix(manifest))
    changes += await _groups(tx, found, manifest.auth)
    return [*changes, *_delegation(found, manifest.auth, delegation_rules(manifest, server))]


def _single(found: list[Resource], kind: str, wanted: str | None) -> Iterator[Change]:
    existing = only(found, kind)
    if existing is None and wanted is not None:
        yield Change("create", kind, wanted)
    elif existing is not None and wanted is None:
        yield Change("remove", kind, existing.name)
    elif existing is not None and wanted is not None and existing.name != wanted:
        yield Change("rename", kind, wanted, f"was {existing.name}")


def _reference(found: list[Resource], manifest: Manifest, server: Settings) -> Iterator[Change]:
    """The pool at AWS; nothing of it is made or changed."""
    existing, reference = only(found, REFERENCE), referenced.reference_of(manifest)
    wanted, needed = referenced.document_of(manifest, server), ", ".join(referenced.permissions(manifest, server))
    console = ", ".join(referenced.CONSOLE)
    told = (
        f"a pool at AWS; this server's own AWS credentials need {needed}; the console needs {console} to show it, and "
        "a permission for each change that is made there"
    )
    if existing is not None and (reference is None or existing.name != reference.user_pool_id):
        yield Change("remove", REFERENCE, existing.name, "the pool stays at AWS as it is")
    if reference is not None and (existing is None or existing.name != reference.user_pool_id):
        yield Change("create", REFERENCE, reference.user_pool_id, told)
    elif existing is not None and wanted is not None and existing.document != wanted:
        yield Change("change", REFERENCE, existing.name, told)


def _domain(found: list[Resource], wanted: str | None) -> Iterator[Change]:
    existing = only(found, DOMAIN)
    if existing is None and wanted is not None:
        yield Change("create", DOMAIN, wanted)
    elif existing is not None and wanted is None:
        yield Change("remove", DOMAIN, existing.name)
    elif existing is not None and wanted is not None and existing.name != wanted:
        yield Change("change", DOMAIN, wanted, f"was {existing.name}")


def _delegation(found: list[Resource], auth: Auth, wanted: str | None) -> Iterator[Change]:
    existing = only(found, DELEGATION)
    if wanted is None:
        if existing is not None:
            yield Change("remove", DELEGATION, existing.name, "functions act on their own grants, whoever calls them")
        return
    if existing is None:
        acting = dict.fromkeys(rule.group for rule in auth.delegation.delegates) if auth.delegation else ()
        yield Change("create", DELEGATION, auth.name, f"to {', '.join(acting)}")
    elif existing.document != wanted:
        yield Change("change", DELEGATION, auth.name, ", ".join(_delegated(existing.document, wanted)))


def _delegated(before: str, after: str) -> Iterator[str]:
    """What differs between two states of the rules."""
    then, now = (msgspec.json.decode(text, type=Rules) for text in (before, after))
    groups_named = dict.fromkeys(rule.group for one in (then, now) for rule in one.delegation.delegates)
    for name in groups_named:
        if _rules_for(then, name) != _rules_for(now, name):
            yield f"rules of {name}"
    if then.delegation.protected != now.delegation.protected:
        yield f"protected are {', '.join(now.delegation.protected)}"
    if then.own != now.own:
        yield "functions that act by their own authority"
    if then.groups != now.groups:
        yield "names of defined groups"


def _rules_for(rules: Rules, group: str) -> list[Delegate]:
    return [rule for rule in rules.delegation.delegates if rule.group == group]


def _rest_apis(found: list[Resource], manifest: Manifest) -> Iterator[Change]:
    existing = {resource.name: resource for resource in found if resource.kind == REST_API}
    for api in manifest.rest_apis:
        applied = existing.pop(api.name, None)
        if applied is None:
            yield Change("create", REST_API, api.name, f"at {api.root}")
        elif applied.document != document_of(api):
            before = msgspec.json.decode(applied.document, type=RestApi)
            names = [name for name in api.__struct_fields__ if getattr(before, name) != getattr(api, name)]
            yield Change("change", REST_API, api.name, ", ".join(name.replace("_", " ") for name in names))
    for name in existing:
        yield Change("remove", REST_API, name)


def document_of(api: RestApi) -> str:
    """What is noted of an applied REST API, so that a change of it is seen."""
    return msgspec.json.encode(api).decode()


async def _pool(tx: Transaction, found: list[Resource], auth: Auth, server: Settings) -> list[Change]:
    existing = only(found, POOL)
    if existing is None:
        return [Change("create", POOL, auth.name)]
    wanted = pool_settings(auth, server)
    applied = settings.decode_pool(existing.document)
    changes = [Change("rename", POOL, auth.name, f"was {existing.name}")] if existing.name != auth.name else []
    if fixed := _fixed(applied, wanted):
        users = await pools.count_users(tx, existing.resource_id)
        detail = f"{fixed} cannot be changed in a pool"
        return [*changes, Change("replace", POOL, auth.name, detail, holds_users=users > 0)]
    if settings.encode(wanted) != existing.document:
        changes.append(Change("change", POOL, auth.name, ", ".join(_differences(applied, wanted))))
    return changes


def _fixed(applied: settings.PoolSettings, wanted: settings.PoolSettings) -> str | None:
    """The first member that a pool keeps for life (spec/user-pools.md 2.4) and that differs."""
    ways = (applied.UsernameAttributes, applied.AliasAttributes)
    if ways != (wanted.UsernameAttributes, wanted.AliasAttributes):
        return "the way users sign in"
    now = {attribute.Name: attribute for attribute in wanted.Schema}
    for attribute in applied.Schema:
        if now.get(attribute.Name) != attribute:
            return f"the attribute {attribute.Name}"
    standard = [a.Name for a in wanted.Schema if not a.Name.startswith("custom:")]
    added = [name for name in standard if name not in {a.Name for a in applied.Schema}]
    return f"the attribute {added[0]}" if added else None


def _differences(applied: settings.PoolSettings, wanted: settings.PoolSettings) -> list[str]:
    return [name for name in applied.__struct_fields__ if getattr(applied, name) != getattr(wanted, name)]


def _client(found: list[Resource], auth: Auth) -> list[Change]:
    existing = only(found, CLIENT)
    if existing is None:
        return [Change("create", CLIENT, auth.name)]
    if existing.document != settings.encode(client_settings(auth)):
        return [Change("change", CLIENT, auth.name)]
    return []


async def _groups(tx: Transaction, found: list[Resource], auth: Auth) -> list[Change]:
    existing = {resource.name: resource for resource in found if resource.kind == GROUP}
    changes = []
    for group in auth.groups:
        applied = existing.pop(group.name, None)
        if applied is None:
            changes.append(Change("create", GROUP, group.name, f"precedence {group.precedence}"))
        elif applied.document != str(group.precedence):
            changes.append(Change("change", GROUP, group.name, f"precedence {applied.document} -> {group.precedence}"))
    return changes + [await _removed_group(tx, found, resource) for resource in existing.values()]


async def _removed_group(tx: Transaction, found: list[Resource], resource: Resource) -> Change:
    pool = only(found, POOL)
    group = await groups.find(tx, pool.resource_id, resource.name) if pool else None
    members = bool(group and await groups.members(tx, group.id, 0, 1))
    return Change("remove", GROUP, resource.name, "it has members" if members else "", holds_users=members)


async def _without_auth(tx: Transaction, found: list[Resource]) -> list[Change]:
    pool = only(found, POOL)
    if pool is None:
        return []
    users = await pools.count_users(tx, pool.resource_id)
    return [Change("remove", POOL, pool.name, f"it has {users} users" if users else "", holds_users=users > 0)]
