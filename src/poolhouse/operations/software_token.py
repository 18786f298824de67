"""Setting an authenticator app up, by a signed-in user or in the middle of a sign-in, and taking it away.

AssociateSoftwareToken, VerifySoftwareToken, AdminDeleteSoftwareToken.
"""

from typing import Final

from poolhouse.crypto import totp
from poolhouse.errors import (
    EnableSoftwareTokenMFAException,
    InvalidParameterException,
    InvalidSession,
    SoftwareTokenMFANotFoundException,
)
from poolhouse.service_model.structs.cognito_idp import (
    AdminDeleteSoftwareTokenRequest,
    AssociateSoftwareTokenRequest,
    VerifySoftwareTokenRequest,
)
from poolhouse.store import factors, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.factors import PENDING_TOTP, TOTP, Factor, State
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import challenges, second_factor, steps, totp_secrets
from .bearer import SELF_SERVICE, Bearer, bearer, still
from .challenges import Enrolment, Session
from .context import Call
from .door import Door, open_door
from .gate import Answer, operation
from .steps import MFA_SETUP, Progress

_OFF: Final = "Software Token MFA has not been enabled by the userPool"
_ONE_OF: Final = "Exactly one of AccessToken and Session is required."
_LONGEST_NAME: Final = 256
Request = AssociateSoftwareTokenRequest | VerifySoftwareTokenRequest


@operation("AssociateSoftwareToken")
async def associate_software_token(ctx: Call, req: AssociateSoftwareTokenRequest) -> Answer:
    """A new secret. The verified one, if there is one, stays in force until the new one is verified."""
    secret = totp.new_secret()
    if _has_session(req):
        door, found = await _opened(ctx, req.Session or "")
        async with ctx.services.database.write() as tx:
            user = await _setting_up(door, tx, found)
            await steps.spend(tx, found)
        held = Enrolment(secret, is_verified=False)
        return {"SecretCode": totp.secret_text(secret), "Session": _next(door, found, user, held)}
    who = await _who(ctx, req.AccessToken or "")
    async with ctx.services.database.write() as tx:
        user = await still(tx, who)
        sealed = totp_secrets.seal(ctx.services.vault, user, secret)
        await factors.put(tx, Factor(user.id, PENDING_TOTP, sealed, State(), ctx.now))
    return {"SecretCode": totp.secret_text(secret)}


@operation("VerifySoftwareToken")
async def verify_software_token(ctx: Call, req: VerifySoftwareTokenRequest) -> Answer:
    """The code that proves it is used up with it. A wrong one can be tried again with the same session."""
    if len(req.FriendlyDeviceName or "") > _LONGEST_NAME:
        raise InvalidParameterException(f"FriendlyDeviceName can have at most {_LONGEST_NAME} characters.")
    if _has_session(req):
        return await _verify_in_sign_in(ctx, req)
    who = await _who(ctx, req.AccessToken or "")
    async with ctx.services.database.write() as tx:
        user = await still(tx, who)
        pending = await factors.find(tx, user.id, PENDING_TOTP)
        if pending is None or pending.secret is None:
            raise SoftwareTokenMFANotFoundException
        secret = totp_secrets.unseal(ctx.services.vault, user, pending.secret)
        await _verified(ctx, tx, user, secret, req)
        await factors.remove(tx, user.id, PENDING_TOTP)
    return {"Status": "SUCCESS"}


@operation("AdminDeleteSoftwareToken", "write")
async def admin_delete_software_token(ctx: Call, req: AdminDeleteSoftwareTokenRequest) -> Answer:
    """For a user whose authenticator is lost; one who has none is left as he is. Sign-ins that he has go on."""
    pool = await pools.get(ctx.tx, req.UserPoolId)
    user = ctx.about(await users.get(ctx.tx, pool, req.Username, lock=True))
    await factors.remove(ctx.tx, user.id, TOTP)
    await factors.remove(ctx.tx, user.id, PENDING_TOTP)
    return {}


async def _verify_in_sign_in(ctx: Call, req: VerifySoftwareTokenRequest) -> Answer:
    door, found = await _opened(ctx, req.Session or "")
    begun = found.held
    if not isinstance(begun, Enrolment) or begun.is_verified:
        raise InvalidSession
    async with ctx.services.database.write() as tx:
        user = await _setting_up(door, tx, found)
        await _verified(ctx, tx, user, begun.secret, req)
        await steps.spend(tx, found)
    return {"Status": "SUCCESS", "Session": _next(door, found, user, Enrolment(b"", is_verified=True))}


async def _verified(ctx: Call, tx: Transaction, user: User, secret: bytes, req: VerifySoftwareTokenRequest) -> None:
    """Store the secret as the user's. Whether he is asked for it stays as it was.

    Raises EnableSoftwareTokenMFAException.
    """
    step = totp.matching_step(secret, req.UserCode, ctx.now)
    if step is None:
        raise EnableSoftwareTokenMFAException
    before = await factors.find(tx, user.id, TOTP)
    kept = before.state if before else State()
    state = State(enabled=kept.enabled, preferred=kept.preferred, last_step=step, name=req.FriendlyDeviceName)
    sealed = totp_secrets.seal(ctx.services.vault, user, secret)
    await factors.put(tx, Factor(user.id, TOTP, sealed, state, ctx.now))


def _has_session(req: Request) -> bool:
    if (req.AccessToken is None) == (req.Session is None):
        raise InvalidParameterException(_ONE_OF)
    return req.Session is not None


async def _who(ctx: Call, token: str) -> Bearer:
    async with ctx.services.database.read() as tx:
        who = await bearer(ctx.services, tx, token, now=ctx.now, scope=SELF_SERVICE)
    _require_served(who.pool)
    return who


async def _opened(ctx: Call, text: str) -> tuple[Door, Session]:
    """Only a session that waits for a set-up will do: a sign-in that owes a code cannot replace its secret."""
    door = await open_door(ctx, challenges.client_of(ctx.services.vault, text))
    _require_served(door.pool)
    found = challenges.open_session(door.vault, text, door.client, MFA_SETUP, ctx.now)
    return door, steps.going_on(door, found)


async def _setting_up(door: Door, tx: Transaction, found: Session) -> User:
    user = await steps.claimed(tx, found)
    await second_factor.require_nothing_set_up(door, tx, user)
    return user


def _require_served(pool: Pool) -> None:
    if not pool.settings.asks_totp:
        raise SoftwareTokenMFANotFoundException(_OFF)


def _next(door: Door, found: Session, user: User, held: Enrolment) -> str:
    progress = Progress(user, found.ticket.typed, found.device_key, found.second)
    return steps.session(door, progress, MFA_SETUP, held=held)
