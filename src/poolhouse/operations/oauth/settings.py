"""The OAuth members of an app client: which of them may stand together. What they allow is decided elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from poolhouse.errors import InvalidOAuthFlowException, InvalidParameterException, ScopeDoesNotExistException
from poolhouse.operations.scopes import STANDARD
from poolhouse.store.database import Transaction
from poolhouse.store.resource_servers import full_scopes
from poolhouse.store.settings import ClientSettings

from .redirects import check_registered

_INTERACTIVE: Final = frozenset({"code", "implicit"})
_CLIENT_CREDENTIALS: Final = "client_credentials"


class Asked(Protocol):
    """The OAuth members of a request that makes or changes a client."""

    @property
    def AllowedOAuthFlowsUserPoolClient(self) -> bool | None: ...  # noqa: N802 - AWS's member

    @property
    def AllowedOAuthFlows(self) -> Sequence[str] | None: ...  # noqa: N802 - AWS's member

    @property
    def AllowedOAuthScopes(self) -> Sequence[str] | None: ...  # noqa: N802 - AWS's member

    @property
    def CallbackURLs(self) -> Sequence[str] | None: ...  # noqa: N802 - AWS's member

    @property
    def LogoutURLs(self) -> Sequence[str] | None: ...  # noqa: N802 - AWS's member

    @property
    def DefaultRedirectURI(self) -> str | None: ...  # noqa: N802 - AWS's member


class OAuthMembers(NamedTuple):
    """The members in the form in which they are stored; None was not given."""

    AllowedOAuthFlowsUserPoolClient: bool
    AllowedOAuthFlows: tuple[str, ...] | None
    AllowedOAuthScopes: tuple[str, ...] | None
    CallbackURLs: tuple[str, ...] | None
    LogoutURLs: tuple[str, ...] | None
    DefaultRedirectURI: str | None


async def with_oauth(
    tx: Transaction, pool_id: str, asked: Asked, settings: ClientSettings, *, has_secret: bool
) -> ClientSettings:
    """`settings` with the OAuth members of a request that makes or changes a client.

    Raises InvalidOAuthFlowException, ScopeDoesNotExistException or InvalidParameterException.
    """
    custom_scopes = await full_scopes(tx, pool_id)
    members = checked(asked, has_secret=has_secret, custom_scopes=custom_scopes)
    return msgspec.structs.replace(settings, **members._asdict())


def checked(asked: Asked, *, has_secret: bool, custom_scopes: Iterable[str]) -> OAuthMembers:
    """The members as they are stored. `custom_scopes` are `<resource server>/<scope>` of the pool.

    Raises as `with_oauth`.
    """
    for member in ("CallbackURLs", "LogoutURLs"):
        for uri in getattr(asked, member) or ():
            check_registered(member, uri)
    _check_default(asked)
    _check_flows(asked, has_secret=has_secret)
    _check_scopes(asked, custom_scopes)
    return OAuthMembers(
        bool(asked.AllowedOAuthFlowsUserPoolClient),
        _kept(asked.AllowedOAuthFlows),
        _kept(asked.AllowedOAuthScopes),
        _kept(asked.CallbackURLs),
        _kept(asked.LogoutURLs),
        asked.DefaultRedirectURI,
    )


def _kept(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(values)) if values else None


def _check_default(asked: Asked) -> None:
    if asked.DefaultRedirectURI is not None and asked.DefaultRedirectURI not in (asked.CallbackURLs or ()):
        raise InvalidParameterException("DefaultRedirectURI must be one of the CallbackURLs.")


def _check_flows(asked: Asked, *, has_secret: bool) -> None:
    flows = frozenset(asked.AllowedOAuthFlows or ())
    if asked.AllowedOAuthFlowsUserPoolClient and not (flows and asked.AllowedOAuthScopes):
        raise InvalidOAuthFlowException(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
        )
    if _CLIENT_CREDENTIALS in flows and flows & _INTERACTIVE:
        raise InvalidOAuthFlowException(
            "client_credentials flow can not be selected along with code flow or implicit flow."
        )
    if _CLIENT_CREDENTIALS in flows and not has_secret:
        raise InvalidOAuthFlowException("client_credentials flow can not be selected if client does not have a secret.")
    if asked.AllowedOAuthFlowsUserPoolClient and flows & _INTERACTIVE and not asked.CallbackURLs:
        raise InvalidParameterException("CallbackURLs are required for the code and implicit flows.")


def _check_scopes(asked: Asked, custom_scopes: Iterable[str]) -> None:
    wanted = list(asked.AllowedOAuthScopes or ())
    own = set(custom_scopes)
    for scope in wanted:
        if scope not in STANDARD and scope not in own:
            raise ScopeDoesNotExistException(f"Invalid scope requested: {scope}")
    standard = STANDARD.intersection(wanted)
    if _CLIENT_CREDENTIALS in (asked.AllowedOAuthFlows or ()) and standard:
        raise InvalidOAuthFlowException(
            "client_credentials flow can be selected with custom scopes only, not with " + ", ".join(sorted(standard))
        )
    if standard & {"email", "phone", "profile"} and "openid" not in standard:
        raise InvalidParameterException("The scopes email, phone and profile can be selected along with openid only.")
