"""`reference_auth`: a user pool that exists at AWS already, in the place of one that the definitions make."""

import re
from collections.abc import Mapping
from typing import Final

from poolhouse.errors import DefinitionError

from . import census
from .access import Access, collect
from .auth import AuthDefinition, check_file
from .delegation import Rules, delegation_of
from .groups import groups_of
from .manifest import Auth, ReferencedAuth
from .places import Place, here
from .words import check_resource_name, explained, shown

_POOL: Final = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)_[0-9A-Za-z]+")
_CLIENT: Final = re.compile(r"[0-9A-Za-z_+]{1,128}")
_IDENTITY_POOL: Final = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d):[0-9a-f-]{36}")
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:[\w+=,.@/-]*/)?([\w+=,.@-]{1,64})")
_EXAMPLES: Final = {
    "user_pool_id": "eu-central-1_AbCdEfGhI",
    "user_pool_client_id": "1h57kf5cpq17m0eml12example",
    "identity_pool_id": "eu-central-1:1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f",
}


@explained
def reference_auth(
    *,
    user_pool_id: str,
    user_pool_client_id: str,
    identity_pool_id: str,
    auth_role_arn: str,
    unauth_role_arn: str,
    groups: Mapping[str, str] | None = None,
    access: Access | None = None,
    delegation: Rules | None = None,
    region: str | None = None,
    name: str = "amplifyAuth",
) -> AuthDefinition:
    """Describe a user pool that exists at AWS, with one of its app clients and its identity pool.

    Nothing of them is made or changed but for policies, which the backend adds to the roles: `auth_role_arn` and
    `unauth_role_arn` are those of the identity pool's signed-in people and guests, `groups` maps the names of groups to
    the roles of their members. `access` gives functions grants on the pool, and `delegation` says which groups
    administer it, as in `define_auth`. `region` is the one that the pool's id begins with.
    """
    place = here()
    check_file(place, "reference_auth()")
    check_resource_name(name, what="An auth resource", place=place)
    pool_region = _matched(_POOL, user_pool_id, "user_pool_id", place)[1]
    _matched(_CLIENT, user_pool_client_id, "user_pool_client_id", place)
    _check_region(region, pool_region, "region", place)
    identity_region = _matched(_IDENTITY_POOL, identity_pool_id, "identity_pool_id", place)[1]
    _check_region(identity_region, pool_region, "identity_pool_id", place)
    roles = _group_roles(groups, place)
    _check_roles({"auth_role_arn": auth_role_arn, "unauth_role_arn": unauth_role_arn, **roles}, place)
    grants = collect(access, place)
    there = groups_of(list(groups or ()), place)
    auth = Auth(
        name=name,
        groups=there,
        grants=tuple(grant.compiled() for grant in grants),
        delegation=delegation_of(delegation, there, place),
        reference=ReferencedAuth(
            region=pool_region,
            user_pool_id=user_pool_id,
            user_pool_client_id=user_pool_client_id,
            identity_pool_id=identity_pool_id,
            auth_role_arn=auth_role_arn,
            unauth_role_arn=unauth_role_arn,
            group_role_arns={} if groups is None else dict(groups),
        ),
    )
    definition = AuthDefinition(auth, grants, place)
    census.enter("auth", definition, place)
    return definition


def _matched(pattern: re.Pattern[str], value: object, what: str, place: Place) -> re.Match[str]:
    found = pattern.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        example = _EXAMPLES.get(what, "arn:aws:iam::111122223333:role/name")
        raise DefinitionError(
            f"{what} cannot be {shown(value)}.", resolution=f"It looks like {example!r}.", location=str(place)
        )
    return found


def _check_region(given: object, of_pool: str, what: str, place: Place) -> None:
    if given not in (None, of_pool):
        raise DefinitionError(
            f"{what} names the region {shown(given)}, and the user pool is in {of_pool}.",
            resolution="Give the parts of one pool; they are in one region.",
            location=str(place),
        )


def _group_roles(groups: object, place: Place) -> dict[str, str]:
    if groups is None:
        return {}
    if not isinstance(groups, Mapping):
        raise DefinitionError(
            f"groups must map names of groups to the ARNs of their roles, not {shown(groups)}.",
            resolution='Write groups={"ADMINS": "arn:aws:iam::111122223333:role/admins"}.',
            location=str(place),
        )
    return {f"groups[{name!r}]": role for name, role in groups.items()}


def _check_roles(given: Mapping[str, object], place: Place) -> None:
    """Each a role of its own: what is opened to one of them would be opened to whoever shares it."""
    accounts: dict[str, str] = {}
    taken: dict[str, str] = {}
    for what, arn in given.items():
        found = _matched(_ROLE, arn, what, place)
        accounts.setdefault(found[1], what)
        other = taken.setdefault(found[2], what)
        if other != what:
            raise DefinitionError(
                f"{what} and {other} are one role, so whatever is opened to one would be opened to the other.",
                resolution="Give each of them a role of its own.",
                location=str(place),
            )
    if len(accounts) > 1:
        raise DefinitionError(
            f"The roles belong to the accounts {' and '.join(sorted(accounts))}.",
            resolution="Give roles of the account that has the user pool.",
            location=str(place),
        )
