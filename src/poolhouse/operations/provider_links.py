"""AdminLinkProviderForUser, AdminDisableProviderForUser: which external identities open a user's account."""

from typing import Final

from poolhouse.errors import (
    AliasExistsException,
    InvalidParameterException,
    LimitExceededException,
    UserNotFoundException,
)
from poolhouse.service_model.structs.cognito_idp import (
    AdminDisableProviderForUserRequest,
    AdminLinkProviderForUserRequest,
    ProviderUserIdentifierType,
)
from poolhouse.store import identity_providers, links, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool

from . import _identities, _provider_details
from ._identities import Identity
from ._not_served import refuse
from .context import Call
from .gate import operation

_MOST: Final = 5
_OWN: Final = "Cognito"
_SUBJECT: Final = "Cognito_Subject"
# The subject is part of a key; PostgreSQL keeps at most 2,704 bytes of one.
_LONGEST_SUBJECT: Final = 512


@operation("AdminLinkProviderForUser", "write")
async def admin_link_provider_for_user(ctx: Call, req: AdminLinkProviderForUserRequest) -> None:
    """An identity that is anybody's already stays his."""
    pool = await _locked(ctx.tx, req.UserPoolId)
    subject = _subject("SourceUser", req.SourceUser)
    if req.DestinationUser.ProviderName != _OWN:
        raise InvalidParameterException(f"DestinationUser: ProviderName must be {_OWN}.")
    user = ctx.about(await users.get(ctx.tx, pool, _value("DestinationUser", req.DestinationUser), lock=True))
    provider = await identity_providers.get(ctx.tx, pool.id, req.SourceUser.ProviderName or "")
    taken = await links.find(ctx.tx, pool.id, provider.name, subject)
    if taken is not None:
        whose = "DestinationUser" if taken.user_id == user.id else "another user"
        raise AliasExistsException(f"SourceUser is already linked to {whose}")
    if len(await links.of_user(ctx.tx, user.id)) >= _MOST:
        raise LimitExceededException(f"A user can be linked to at most {_MOST} identities.")
    issuer = _provider_details.issuer(ctx.services.vault, provider.type, provider.details)
    made = str(ctx.now // 1000)
    known_as = Identity(subject, provider.name, provider.type, issuer, primary=False, dateCreated=made)
    await links.add(ctx.tx, _identities.link_of(pool, user, known_as, ctx.now))
    await _identities.show(ctx.tx, pool, user, ctx.now)


@operation("AdminDisableProviderForUser", "write")
async def admin_disable_provider_for_user(ctx: Call, req: AdminDisableProviderForUserRequest) -> None:
    """The identity opens no account any more. It may be linked again."""
    pool = await _locked(ctx.tx, req.UserPoolId)
    own = (req.User.ProviderName or "").casefold() == _OWN.casefold()
    refuse(f"User.ProviderName {_OWN}", own, "disabling a user's password")
    subject = _subject("User", req.User)
    link = await links.find(ctx.tx, pool.id, req.User.ProviderName or "", subject)
    if link is None:
        raise UserNotFoundException
    user = await users.by_id(ctx.tx, link.user_id, lock=True)
    if user is None:
        raise UserNotFoundException
    ctx.about(user)
    await links.remove(ctx.tx, link)
    await _identities.show(ctx.tx, pool, user, ctx.now)


async def _locked(tx: Transaction, pool_id: str) -> Pool:
    """The pool for one block at a time, so that its providers and links stay as they were looked up.

    AWS's model allows any text as the id here.
    """
    if "\0" in pool_id:
        raise pools.missing(pool_id)
    return await pools.lock(tx, pool_id)


def _subject(member: str, given: ProviderUserIdentifierType) -> str:
    """Who somebody is with a provider, by what it never gives to another. Raises InvalidParameterException."""
    by_attribute = given.ProviderAttributeName not in {None, _SUBJECT}
    refuse(f"{member}.ProviderAttributeName", by_attribute, f"identities by an attribute other than {_SUBJECT}")
    if given.ProviderAttributeName is None or given.ProviderName is None:
        raise InvalidParameterException(f"{member}: ProviderName and ProviderAttributeName are required.")
    subject = _value(member, given)
    if len(subject) > _LONGEST_SUBJECT:
        raise InvalidParameterException(
            f"{member}: ProviderAttributeValue must be shorter than or equal to {_LONGEST_SUBJECT}."
        )
    return subject


def _value(member: str, given: ProviderUserIdentifierType) -> str:
    value = given.ProviderAttributeValue
    if not value or "\0" in value:
        raise InvalidParameterException(f"{member}: ProviderAttributeValue is required.")
    return value
