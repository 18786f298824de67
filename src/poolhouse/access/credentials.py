"""Temporary credentials without a table: a session, its secret key included, is sealed into its token."""

import re
from functools import lru_cache
from typing import NamedTuple

import msgspec

from poolhouse.crypto import codes
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import ExpiredTokenException, UnrecognizedClientException

from .policies import parse
from .principals import CognitoIdentity

TEMPORARY_KEY_PREFIX = "ASIA"
_PURPOSE = "session-token"
_LONGEST_TOKEN = 16_384
_MOST_OPENED = 256
_ROLE_ARN = re.compile(r"arn:aws:iam::[0-9]{12}:role/[\w+=,.@/-]{1,128}", re.ASCII)
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


class SessionGrant(msgspec.Struct, frozen=True, array_like=True):
    """What a session may act as. `session_policy` is the JSON text of a policy that narrows the role's own."""

    role_arn: str
    session_name: str
    identity: CognitoIdentity | None = None
    session_policy: str | None = None


class Session(msgspec.Struct, frozen=True, array_like=True):
    """The content of a session token; `expiration` in microseconds."""

    access_key_id: str
    secret_access_key: str
    expiration: int
    grant: SessionGrant


class Credentials(NamedTuple):
    """The key triple that a client receives; `expiration` in microseconds."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: int


def issue(vault: Vault, grant: SessionGrant, now: int, lifetime_seconds: int) -> Credentials:
    """New credentials for a grant. Raises ValueError for a malformed grant or a lifetime below one second."""
    if not _ROLE_ARN.fullmatch(grant.role_arn) or not _SESSION_NAME.fullmatch(grant.session_name):
        raise ValueError("A grant needs the ARN of a role and a session name of 2 to 64 legal characters.")
    if lifetime_seconds < 1:
        raise ValueError("Temporary credentials must live for a second at least.")
    if grant.session_policy is not None:
        parse(grant.session_policy)
    key_id, secret = codes.access_key_id(TEMPORARY_KEY_PREFIX), codes.secret_key()
    expiration = now + lifetime_seconds * 1_000_000
    token = vault.seal_token(_PURPOSE, Session(key_id, secret, expiration, grant))
    return Credentials(key_id, secret, token, expiration)


def open_session(vault: Vault, token: str, now: int) -> Session:
    """The session behind a token. Raises UnrecognizedClientException for a foreign one and ExpiredTokenException."""
    if len(token) > _LONGEST_TOKEN:
        raise UnrecognizedClientException
    try:
        session = _opened(vault, token)
    except BrokenSeal as cause:
        raise UnrecognizedClientException from cause
    if now >= session.expiration:
        raise ExpiredTokenException
    return session


@lru_cache(maxsize=_MOST_OPENED)
def _opened(vault: Vault, token: str) -> Session:
    """A worker signs with one token for an hour, and what a vault sealed never changes. What it says is kept, by its
    whole text; how old it is, and what became of role and user, is asked every time.
    """
    return vault.open_token(_PURPOSE, token, Session)
