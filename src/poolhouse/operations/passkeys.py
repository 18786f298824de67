"""Passkeys of signed-in users.

StartWebAuthnRegistration, CompleteWebAuthnRegistration, ListWebAuthnCredentials, DeleteWebAuthnCredential.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from poolhouse.crypto import passkeys as rules
from poolhouse.crypto.passkeys import BadPasskey, Made, Refusal
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import (
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
    ServiceError,
    WebAuthnChallengeNotFoundException,
    WebAuthnClientMismatchException,
    WebAuthnCredentialNotSupportedException,
    WebAuthnNotEnabledException,
    WebAuthnOriginNotAllowedException,
    WebAuthnRelyingPartyMismatchException,
)
from poolhouse.service_model.structs.cognito_idp import (
    CompleteWebAuthnRegistrationRequest,
    DeleteWebAuthnCredentialRequest,
    ListWebAuthnCredentialsRequest,
    StartWebAuthnRegistrationRequest,
)
from poolhouse.store import passkeys, users
from poolhouse.store.clients import Client
from poolhouse.store.database import Transaction
from poolhouse.store.passkeys import Passkey, State
from poolhouse.store.pools import Pool
from poolhouse.store.sessions import use
from poolhouse.store.users import User

from . import paging, passkeys_sealed
from ._described import present
from .bearer import SELF_SERVICE, Bearer, bearer, still
from .context import Call, seconds
from .first_factor import WEB_AUTHN
from .gate import Answer, operation
from .passkeys_sealed import Registration, Terms
from .passkeys_sign_in import MOST

_LIFETIME: Final = 300 * 1_000_000
_PAGE: Final = 20
_REFUSALS: Final[Mapping[Refusal, type[ServiceError]]] = {
    "origin": WebAuthnOriginNotAllowedException,
    "relying_party": WebAuthnRelyingPartyMismatchException,
    "challenge": WebAuthnChallengeNotFoundException,
    "unverified": WebAuthnCredentialNotSupportedException,
    "unsupported": WebAuthnCredentialNotSupportedException,
}


class Owner(NamedTuple):
    """Whose passkey is made, and in which app."""

    pool: Pool
    client: Client
    user: User


@operation("StartWebAuthnRegistration")
async def start_web_authn_registration(ctx: Call, req: StartWebAuthnRegistrationRequest) -> Answer:
    async with ctx.services.database.read() as tx:
        who = await _holder(ctx, tx, req.AccessToken)
        return {"CredentialCreationOptions": await begin(ctx, tx, _owner(who))}


@operation("CompleteWebAuthnRegistration")
async def complete_web_authn_registration(ctx: Call, req: CompleteWebAuthnRegistrationRequest) -> Answer:
    async with ctx.services.database.read() as tx:
        who = await _holder(ctx, tx, req.AccessToken)
    await finish(ctx, _owner(who), req.Credential, lambda tx: still(tx, who))
    return {}


async def begin(ctx: Call, tx: Transaction, owner: Owner) -> dict[str, Any]:
    """The options that the browser makes a passkey with. Raises ServiceError."""
    terms = _terms(ctx, owner.pool)
    known = await passkeys.page(tx, owner.user.id, ("", 0), MOST)
    _require_room(len(known))
    registration = Registration(
        owner.pool.id,
        owner.client.id,
        owner.user.id,
        terms.relying_party,
        terms.verified,
        ctx.now + _LIFETIME,
        passkeys_sealed.new_nonce(),
    )
    return rules.creation_options(
        challenge=passkeys_sealed.challenge(ctx.services.vault, registration),
        relying_party=terms.relying_party,
        user=(owner.user.sub.encode(), _shown_name(owner.pool, owner.user)),
        excluded=[(each.id, each.state.transports) for each in known],
        verification=terms.verification,
    )


async def finish(ctx: Call, owner: Owner, credential: object, locked: Callable[[Transaction], Awaitable[User]]) -> None:
    """A challenge registers once at most, whatever else is wrong with the credential that answers it.

    `locked` gives the user again in a write block, or raises when he may not do this any more. Raises ServiceError.
    """
    _terms(ctx, owner.pool)
    registration = _registration(ctx, owner, credential)
    async with ctx.services.database.write() as tx:
        if not await use(tx, registration.nonce, registration.expires):
            raise WebAuthnChallengeNotFoundException
    made = await ctx.services.compute(_made, registration, credential)
    async with ctx.services.database.write() as tx:
        await _add(ctx, tx, owner.pool, await locked(tx), registration, made)


@operation("ListWebAuthnCredentials")
async def list_web_authn_credentials(ctx: Call, req: ListWebAuthnCredentialsRequest) -> Answer:
    """Oldest first; without MaxResults as many as a user may have."""
    async with ctx.services.database.read() as tx:
        who = await _holder(ctx, tx, req.AccessToken)
        scope, size = (str(who.user.id),), req.MaxResults or _PAGE
        after = paging.opened(ctx, "ListWebAuthnCredentials", scope, req.NextToken)
        found = await passkeys.page(tx, who.user.id, after, size + 1)
    answer: Answer = {"Credentials": [_described(passkey) for passkey in found[:size]]}
    if len(found) > size:
        last = found[size - 1]
        answer["NextToken"] = paging.sealed(ctx, "ListWebAuthnCredentials", scope, last.id, last.created)
    return answer


@operation("DeleteWebAuthnCredential")
async def delete_web_authn_credential(ctx: Call, req: DeleteWebAuthnCredentialRequest) -> Answer:
    async with ctx.services.database.read() as tx:
        who = await _holder(ctx, tx, req.AccessToken)
    async with ctx.services.database.write() as tx:
        user = await still(tx, who)
        if not await passkeys.remove(tx, who.pool.id, user.id, req.CredentialId):
            raise ResourceNotFoundException("The passkey does not exist.")
    return {}


async def _holder(ctx: Call, tx: Transaction, token: str) -> Bearer:
    return await bearer(ctx.services, tx, token, now=ctx.now, scope=SELF_SERVICE)


def _owner(who: Bearer) -> Owner:
    return Owner(who.pool, who.client, who.user)


def _terms(ctx: Call, pool: Pool) -> Terms:
    """Raises WebAuthnNotEnabledException, WebAuthnConfigurationMissingException."""
    if WEB_AUTHN not in pool.settings.first_factors:
        raise WebAuthnNotEnabledException
    return passkeys_sealed.terms(ctx.services, pool.settings)


def _registration(ctx: Call, owner: Owner, credential: object) -> Registration:
    """What the challenge in a credential was made for. Raises WebAuthnChallengeNotFoundException and others."""
    try:
        found = passkeys_sealed.registration(ctx.services.vault, rules.challenge_of(credential))
    except BadPasskey as error:
        raise InvalidParameterException("Credential is not the answer of an authenticator.") from error
    except BrokenSeal as error:
        raise WebAuthnChallengeNotFoundException from error
    if (found.pool, found.user_id) != (owner.pool.id, owner.user.id) or found.expires <= ctx.now:
        raise WebAuthnChallengeNotFoundException
    if found.client != owner.client.id:
        raise WebAuthnClientMismatchException
    return found


def _made(registration: Registration, credential: object) -> Made:
    try:
        return rules.check_made(
            credential,
            challenge=rules.challenge_of(credential),
            relying_party=registration.relying_party,
            verified=registration.verified,
        )
    except BadPasskey as error:
        refusal = _REFUSALS.get(error.why)
        if refusal is None:
            raise InvalidParameterException("Credential is not the answer of an authenticator.") from error
        raise refusal from error


async def _add(ctx: Call, tx: Transaction, pool: Pool, user: User, registration: Registration, made: Made) -> None:
    """The user is locked, so that parallel registrations count each other."""
    _require_room(await passkeys.count(tx, user.id))
    if registration.relying_party != passkeys_sealed.terms(ctx.services, pool.settings).relying_party:
        raise WebAuthnRelyingPartyMismatchException
    key = passkeys_sealed.seal(ctx.services.vault, user, made.public_key)
    state = State(made.transports, made.attachment, made.is_synced)
    passkey = Passkey(
        pool.id, made.id, user.id, _name(made), registration.relying_party, key, made.sign_count, state, ctx.now
    )
    if not await passkeys.add(tx, passkey):
        raise InvalidParameterException("The passkey is registered already.")


def _require_room(there: int) -> None:
    if there >= MOST:
        raise LimitExceededException(f"A user can have at most {MOST} passkeys.")


def _name(made: Made) -> str:
    """What lists call it: browsers do not say more about an authenticator than this."""
    if made.attachment == "platform":
        return "Passkey of a device"
    return "Passkey" if "hybrid" in made.transports or not made.transports else "Security key"


def _shown_name(pool: Pool, user: User) -> str:
    """What the authenticator's own list says: the name that the user types."""
    known = users.attributes_of(user)
    return next((known[name] for name in pool.settings.UsernameAttributes if known.get(name)), user.username)


def _described(passkey: Passkey) -> dict[str, Any]:
    return present(
        {
            "CredentialId": passkey.id,
            "FriendlyCredentialName": passkey.name,
            "RelyingPartyId": passkey.relying_party,
            "AuthenticatorAttachment": passkey.state.attachment,
            "AuthenticatorTransports": list(passkey.state.transports),
            "CreatedAt": seconds(passkey.created),
        }
    )
