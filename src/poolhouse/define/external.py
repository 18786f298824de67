"""`login_with.external_providers`: the hosted sign-in pages and where they send people back to.

The URLs alone are enough for the pages of the pool itself; the providers are checked, then refused by name.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypedDict, get_args

from poolhouse.errors import AmplifyAuthConstructInitializationError, DefinitionError

from .manifest import HostedSignIn, SecretRef
from .places import Place
from .urls import problem
from .words import check_choice, check_keys, not_served, shown

Scope = Literal["PHONE", "EMAIL", "OPENID", "PROFILE", "COGNITO_ADMIN"]


class ExternalProviders(TypedDict, total=False):
    """`callback_urls` and `logout_urls` are needed. With them alone people sign in on this server's own pages."""

    google: Mapping[str, object]
    facebook: Mapping[str, object]
    login_with_amazon: Mapping[str, object]
    sign_in_with_apple: Mapping[str, object]
    oidc: Sequence[Mapping[str, object]]
    saml: Mapping[str, object]
    scopes: Sequence[Scope]
    callback_urls: Sequence[str]
    logout_urls: Sequence[str]
    domain_prefix: str


_WHAT: Final = "login_with.external_providers"
_SOCIAL: Final = ("google", "facebook", "login_with_amazon", "sign_in_with_apple")
_SECRETS: Final = ("client_id", "client_secret", "private_key", "key_id", "team_id")
_WIRE: Final[Mapping[str, str]] = {"COGNITO_ADMIN": "aws.cognito.signin.user.admin"}
_MOST_URLS: Final = 100
_LONGEST_URL: Final = 1024
_PREFIX: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_RESERVED: Final = ("aws", "amazon", "cognito")


def hosted_sign_in(options: object, place: Place) -> HostedSignIn:
    """Raises AmplifyAuthConstructInitializationError or DefinitionError."""
    given = check_keys(options, ExternalProviders.__annotations__, what=_WHAT, place=place)
    callbacks, logouts = (_urls(given, key, place) for key in ("callback_urls", "logout_urls"))
    for provider in _SOCIAL:
        _check_provider(given.get(provider, {}), f"{_WHAT}.{provider}", provider, place)
    chosen = {"scopes": _scopes(given["scopes"], place)} if "scopes" in given else {}
    return HostedSignIn(callback_urls=callbacks, logout_urls=logouts, domain_prefix=_prefix(given, place), **chosen)


def refuse_providers(options: Mapping[str, object], place: Place) -> None:
    """Raise NotServedError for a provider; call it after every other check."""
    for name in (*_SOCIAL, "oidc", "saml"):
        if name in options:
            raise not_served(f"{_WHAT}.{name}", place, "Remove it; people sign in with the pool's own accounts.")


def _urls(given: Mapping[str, object], key: str, place: Place) -> tuple[str, ...]:
    urls = given.get(key)
    if not urls:
        raise _mistake(f"{_WHAT}.{key} is empty.", "Add at least one URL.", place)
    if not isinstance(urls, list | tuple) or not all(isinstance(url, str) for url in urls):
        raise _mistake(f"{_WHAT}.{key} must be a list of URLs, not {shown(urls)}.", 'Write ["https://..."].', place)
    if len(urls) > _MOST_URLS:
        raise _mistake(f"{_WHAT}.{key} has more than {_MOST_URLS} URLs.", "Remove some of them.", place)
    for url in urls:
        reason = problem(url) if 1 <= len(url) <= _LONGEST_URL else f"a URL has 1 to {_LONGEST_URL} characters."
        if reason is not None:
            raise _mistake(f"{_WHAT}.{key} cannot hold {shown(url)}: {reason}", "Write the whole URL.", place)
    return tuple(dict.fromkeys(urls))


def _scopes(value: object, place: Place) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise _mistake(f"{_WHAT}.scopes must be a list of scopes.", 'Write ["OPENID", "EMAIL"].', place)
    names = [check_choice(one, get_args(Scope), what=f"{_WHAT}.scopes", place=place) for one in value]
    if {"PHONE", "EMAIL", "PROFILE"}.intersection(names) and "OPENID" not in names:
        raise _mistake(f"{_WHAT}.scopes has PHONE, EMAIL or PROFILE without OPENID.", 'Add "OPENID".', place)
    return tuple(dict.fromkeys(_WIRE.get(name, name.lower()) for name in names))


def _prefix(given: Mapping[str, object], place: Place) -> str | None:
    prefix = given.get("domain_prefix")
    if prefix is None:
        return None
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        raise _mistake(
            f"{_WHAT}.domain_prefix cannot be {shown(prefix)}.",
            "Use 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end.",
            place,
        )
    for word in _RESERVED:
        if word in prefix:
            raise _mistake(f"{_WHAT}.domain_prefix contains {word!r}, which is reserved.", "Choose another one.", place)
    return prefix


def _check_provider(value: object, what: str, provider: str, place: Place) -> None:
    if not isinstance(value, Mapping):
        raise _mistake(
            f"{what} must be a dict of options, not {shown(value)}.", "Give the provider's options as a dict.", place
        )
    for key, option in value.items():
        if key in _SECRETS and not isinstance(option, SecretRef):
            raise _mistake(
                f"{what}.{key} must be a secret reference.",
                f'Write secret("{provider.upper()}_{key.upper()}") from poolhouse.',
                place,
            )


def _mistake(message: str, resolution: str, place: Place) -> DefinitionError:
    return AmplifyAuthConstructInitializationError(message, resolution=resolution, location=str(place))
