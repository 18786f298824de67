"""Random values in the spelling that AWS gives them, all from the system's generator. It remembers none of them."""

import base64
import os
import secrets
import string
from typing import Final

from .passwords import Policy

_CLIENT: Final = string.ascii_lowercase + string.digits
_POOL: Final = string.ascii_letters + string.digits
_KEY_ID: Final = string.ascii_uppercase + "234567"
# A person types these from a mail: no letter that looks like another, no symbol that HTML, CSV or a shell would read.
_TYPED: Final = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!#%*?_.:")
_SHORTEST: Final = 12
_VARIANTS: Final = "89ab"


def one_time_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def temporary_password(policy: Policy) -> str:
    """At least 12 characters of all four kinds, first a letter, so that it conforms to every policy of that length."""
    first = secrets.choice(_TYPED[0] + _TYPED[1])
    kinds = [secrets.choice(kind) for kind in _TYPED]
    length = max(policy.minimum_length, _SHORTEST)
    rest = [*kinds, *_text("".join(_TYPED), length - len(kinds) - 1)]
    secrets.SystemRandom().shuffle(rest)
    return first + "".join(rest)


def client_id() -> str:
    return _text(_CLIENT, 26)


def client_secret() -> str:
    return _text(_CLIENT, 51)


def pool_suffix() -> str:
    """The part of a pool id after the underscore."""
    return _text(_POOL, 9)


def new_uuid() -> str:
    """A random UUID, version 4, spelled here because every sign-in needs some."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANTS[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"


def access_key_id(prefix: str) -> str:
    """20 characters; the prefix is "AKIA" for a lasting key, "ASIA" for a temporary one."""
    return prefix + _text(_KEY_ID, 20 - len(prefix))


def secret_key() -> str:
    """A secret access key: 40 characters of base64."""
    return base64.b64encode(os.urandom(30)).decode("ascii")


def _text(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
