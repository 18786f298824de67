"""What things are called in a template: logical ids that no two things share, and the physical names that need one."""

import re
from hashlib import sha256
from typing import Final

import msgspec

USER_POOL: Final = "UserPool"
CLIENT: Final = "UserPoolClient"
DOMAIN: Final = "UserPoolDomain"
IDENTITY_POOL: Final = "IdentityPool"
AUTHENTICATED_ROLE: Final = "AuthenticatedRole"
UNAUTHENTICATED_ROLE: Final = "UnauthenticatedRole"
GRAPHQL_API: Final = "GraphqlApi"
ASSET_BUCKET: Final = "AssetBucket"

_LONGEST_READABLE: Final = 200
_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9]+")
_DIGEST: Final = 8


def logical_id(kind: str, *names: str) -> str:
    """`("Function", "add-user")` -> `FunctionAddUser3F2A1B9C`: letters and digits only, at most 255.

    The digest of the exact parts keeps apart what reads the same (`add-user` and `addUser`); a thing that exists once
    has no names and no digest.
    """
    if not names:
        return kind
    words = [word for name in names for word in _ILLEGAL.split(name) if word]
    readable = "".join([kind, *(word[:1].upper() + word[1:] for word in words)])
    return readable[:_LONGEST_READABLE] + digest(kind, *names).upper()


def physical_name(limit: int, *parts: str) -> str:
    """The parts with hyphens between, in letters, digits, `-` and `_`, at most `limit` long.

    A name that had to be changed or cut ends in a digest, so that no two different ones meet.
    """
    exact = "-".join(parts)
    clean = re.sub(r"[^A-Za-z0-9_-]+", "-", exact)
    if clean == exact and len(exact) <= limit:
        return exact
    return f"{clean[: limit - _DIGEST - 1]}-{digest(*parts)}"


def function(name: str) -> str:
    """The logical id of a function."""
    return logical_id("Function", name)


def function_role(name: str) -> str:
    """The logical id of a function's execution role."""
    return logical_id("FunctionRole", name)


def log_group(name: str) -> str:
    """The logical id of a function's log group."""
    return logical_id("LogGroup", name)


def group(name: str) -> str:
    """The logical id of a group of the user pool."""
    return logical_id("Group", name)


def group_role(name: str) -> str:
    """The logical id of the role of a group's members."""
    return logical_id("GroupRole", name)


def digest(*parts: str) -> str:
    """Eight hexadecimal digits that stand for the parts."""
    return sha256(msgspec.json.encode(parts)).hexdigest()[:_DIGEST]
