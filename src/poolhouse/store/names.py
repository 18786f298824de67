"""By which texts a user is found: the folding of names, and the set of sign-in names that a user owns. No SQL."""

import unicodedata
from collections.abc import Mapping

from .settings import PoolSettings

SEARCHABLE = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")
"""The attributes that ListUsers can filter by and that are not columns of `users`."""

VERIFIABLE = {"email": "email_verified", "phone_number": "phone_number_verified"}
"""Contact attribute -> the attribute that says that it was verified."""

# PostgreSQL keeps at most 2,704 bytes in one index entry; no filter is that long.
_KEY_BYTES = 2400
_LAST = "\U0010ffff"


def fold(settings: PoolSettings, text: str) -> str:
    """The comparison key of a name.

    Canonically equal texts have one key (Unicode NFC); in a case-insensitive pool also texts that differ in case only
    (Unicode 3.13, canonical caseless matching). Compatibility look-alikes, full-width letters say, stay apart.
    """
    if text.isascii():
        return text if settings.case_sensitive else text.lower()
    if settings.case_sensitive:
        return unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def prefix_bound(prefix: str) -> str | None:
    """The least text that sorts behind every text with this prefix, by code point; None when there is none."""
    kept = prefix.rstrip(_LAST)
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    # Surrogates are no text; the code point behind them follows directly.
    return kept[:-1] + chr(0xE000 if 0xD800 <= following <= 0xDFFF else following)


def sign_in_names(settings: PoolSettings, username: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """The active aliases of a user as key -> attribute name.

    A username attribute is active at once, an e-mail or phone alias when it is verified, a preferred username always.
    Where preferred usernames are aliases they share one name space with usernames, so the username is listed too.
    """
    names: dict[str, str] = {}
    for attribute in settings.UsernameAttributes:
        if attributes.get(attribute):
            names[fold(settings, attributes[attribute])] = attribute
    for alias in settings.AliasAttributes:
        if attributes.get(alias) and (alias not in VERIFIABLE or attributes.get(VERIFIABLE[alias]) == "true"):
            names[fold(settings, attributes[alias])] = alias
    if "preferred_username" in settings.AliasAttributes:
        names[fold(settings, username)] = "username"
    return names


def search_keys(settings: PoolSettings, attributes: Mapping[str, str]) -> dict[str, str]:
    """Searchable attribute -> folded value, cut where no filter can tell."""
    return {name: _cut(fold(settings, attributes[name])) for name in SEARCHABLE if name in attributes}


def _cut(key: str) -> str:
    return key if len(key) * 4 <= _KEY_BYTES else key.encode()[:_KEY_BYTES].decode(errors="ignore")
