"""Second factors: which of them a user has, which one a sign-in has to ask for, and what he prefers.

SetUserMFAPreference, AdminSetUserMFAPreference, SetUserSettings, AdminSetUserSettings.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from poolhouse.errors import InvalidParameterException
from poolhouse.service_model.structs.cognito_idp import (
    AdminSetUserMFAPreferenceRequest,
    AdminSetUserSettingsRequest,
    MFAOptionType,
    SetUserMFAPreferenceRequest,
    SetUserSettingsRequest,
)
from poolhouse.store import factors, pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.factors import EMAIL, SMS, TOTP, Factor, Kind, State
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.pools import Pool
from poolhouse.store.settings import ContactAttribute
from poolhouse.store.users import User

from ._not_served import refuse
from .bearer import SELF_SERVICE, bearer, still
from .context import Call
from .gate import Answer, operation

_KINDS: Final[tuple[Kind, ...]] = (SMS, TOTP, EMAIL)
_CONTACTS: Final[Mapping[Kind, ContactAttribute]] = {SMS: "phone_number", EMAIL: "email"}
_NAMES: Final[Mapping[Kind, str]] = {SMS: "SMS", TOTP: "Software Token", EMAIL: "Email"}
_NOT_VERIFIED: Final = "User has not verified software token mfa"
_ONE_PREFERRED: Final = "Only one MFA method can be preferred."

Factors = Mapping[Kind, Factor]


class Wish(NamedTuple):
    """What a user asks for one factor."""

    enabled: bool
    preferred: bool


class Setting(Protocol):
    """The settings of one factor in a request, each of its own type."""

    @property
    def Enabled(self) -> bool | None: ...  # noqa: N802 - AWS's member

    @property
    def PreferredMfa(self) -> bool | None: ...  # noqa: N802 - AWS's member


Preferences = SetUserMFAPreferenceRequest | AdminSetUserMFAPreferenceRequest


# --- what a sign-in asks for -------------------------------------------------------------------------------


async def due(tx: Transaction, pool: Pool, user: User) -> tuple[Kind, ...] | None:
    """None when no second factor is asked for; () when the user has to set one up; several when he may choose.

    A user who enabled none is asked, where the pool demands one, for an authenticator before a code to his phone, and
    for that before a mail.
    """
    if pool.settings.MfaConfiguration == "OFF":
        return None
    found = await factors.of_user(tx, user.id)
    enabled = tuple(kind for kind in _able(pool, user, found) if kind in found and found[kind].state.enabled)
    preferred = tuple(kind for kind in enabled if found[kind].state.preferred)
    if enabled:
        return preferred or enabled
    return _demanded(pool, user, found) if pool.settings.MfaConfiguration == "ON" else None


def may_set_up(pool: Pool) -> tuple[Kind, ...]:
    """What the MFA_SETUP challenge offers."""
    settings = pool.settings
    asked = {SMS: settings.asks_sms, TOTP: settings.asks_totp, EMAIL: settings.asks_email}
    return tuple(kind for kind in _KINDS if asked[kind])


def require_served(pool: Pool, kind: Kind) -> None:
    """Raises InvalidParameterException for a factor that the pool does not ask for."""
    if kind not in may_set_up(pool):
        raise InvalidParameterException(f"{_NAMES[kind]} MFA has not been enabled by the userPool")


def _able(pool: Pool, user: User, found: Factors) -> tuple[Kind, ...]:
    known = users.attributes_of(user)
    has = {SMS: "phone_number" in known, TOTP: TOTP in found, EMAIL: "email" in known}
    return tuple(kind for kind in may_set_up(pool) if has[kind])


def _demanded(pool: Pool, user: User, found: Factors) -> tuple[Kind, ...]:
    """A phone need not be verified: the code that comes back verifies it, as on AWS."""
    able = _able(pool, user, found)
    usable = [kind for kind in (TOTP, SMS, EMAIL) if kind in able and (kind != EMAIL or has_verified_email(user))]
    return tuple(usable[:1])


def has_verified(user: User, attribute: ContactAttribute) -> bool:
    known = users.attributes_of(user)
    return attribute in known and known.get(VERIFIABLE[attribute]) == "true"


def has_verified_email(user: User) -> bool:
    return has_verified(user, "email")


# --- what answers show -------------------------------------------------------------------------------------


async def shown(tx: Transaction, pool: Pool, user: User) -> Answer:
    """UserMFASettingList, PreferredMfaSetting and the older MFAOptions, as far as there is anything to show."""
    if pool.settings.MfaConfiguration == "OFF":
        return {}
    found = await factors.of_user(tx, user.id)
    enabled = [kind for kind in _KINDS if kind in found and found[kind].state.enabled]
    preferred = [kind for kind in enabled if found[kind].state.preferred]
    answer: Answer = {"UserMFASettingList": enabled} if enabled else {}
    if SMS in enabled:
        answer["MFAOptions"] = [{"AttributeName": "phone_number", "DeliveryMedium": "SMS"}]
    return answer | ({"PreferredMfaSetting": preferred[0]} if preferred else {})


# --- preferences -------------------------------------------------------------------------------------------


@operation("SetUserMFAPreference")
async def set_user_mfa_preference(ctx: Call, req: SetUserMFAPreferenceRequest) -> Answer:
    wishes = _wishes(req)
    async with ctx.services.database.read() as tx:
        who = await bearer(ctx.services, tx, req.AccessToken, now=ctx.now, scope=SELF_SERVICE)
    async with ctx.services.database.write() as tx:
        await _prefer(ctx, tx, who.pool, await still(tx, who), wishes)
    return {}


@operation("AdminSetUserMFAPreference", "write")
async def admin_set_user_mfa_preference(ctx: Call, req: AdminSetUserMFAPreferenceRequest) -> None:
    wishes = _wishes(req)
    pool = await pools.get(ctx.tx, req.UserPoolId)
    user = ctx.about(await users.get(ctx.tx, pool, req.Username, lock=True))
    await _prefer(ctx, ctx.tx, pool, user, wishes)


@operation("SetUserSettings")
async def set_user_settings(ctx: Call, req: SetUserSettingsRequest) -> Answer:
    """The older form, which knows SMS only: an empty list switches that off."""
    wishes = _options(req.MFAOptions)
    async with ctx.services.database.read() as tx:
        who = await bearer(ctx.services, tx, req.AccessToken, now=ctx.now, scope=SELF_SERVICE)
    async with ctx.services.database.write() as tx:
        await _prefer(ctx, tx, who.pool, await still(tx, who), wishes)
    return {}


@operation("AdminSetUserSettings", "write")
async def admin_set_user_settings(ctx: Call, req: AdminSetUserSettingsRequest) -> None:
    wishes = _options(req.MFAOptions)
    pool = await pools.get(ctx.tx, req.UserPoolId)
    user = ctx.about(await users.get(ctx.tx, pool, req.Username, lock=True))
    await _prefer(ctx, ctx.tx, pool, user, wishes)


def _options(given: Sequence[MFAOptionType]) -> dict[Kind, Wish]:
    """Raises InvalidParameterException for anything but text messages to the user's phone."""
    for option in given:
        if option.DeliveryMedium not in (None, "SMS") or option.AttributeName not in (None, "phone_number"):
            raise InvalidParameterException("MFAOptions: the only option is SMS to phone_number.")
    return {SMS: Wish(enabled=bool(given), preferred=False)}


async def enable(tx: Transaction, user: User, kind: Kind, now: int, *, preferred: bool = True) -> None:
    """After a set-up in the middle of a sign-in the new factor is the preferred one."""
    await _store(tx, user, await factors.of_user(tx, user.id), {kind: Wish(enabled=True, preferred=preferred)}, now)


def _wishes(req: Preferences) -> dict[Kind, Wish]:
    """Raises InvalidParameterException for two preferences and for factors that are not served."""
    web_authn = req.WebAuthnMfaSettings
    refuse("WebAuthnMfaSettings", web_authn is not None and bool(web_authn.Enabled), "passkeys")
    given: dict[Kind, Setting | None] = {
        SMS: req.SMSMfaSettings,
        TOTP: req.SoftwareTokenMfaSettings,
        EMAIL: req.EmailMfaSettings,
    }
    wishes = {kind: _wish(setting) for kind, setting in given.items() if setting is not None}
    if sum(wish.preferred for wish in wishes.values()) > 1:
        raise InvalidParameterException(_ONE_PREFERRED)
    return wishes


def _wish(setting: Setting) -> Wish:
    if setting.PreferredMfa and not setting.Enabled:
        raise InvalidParameterException("A preferred MFA method must be enabled.")
    return Wish(enabled=bool(setting.Enabled), preferred=bool(setting.PreferredMfa))


async def _prefer(ctx: Call, tx: Transaction, pool: Pool, user: User, wishes: Mapping[Kind, Wish]) -> None:
    """All of the wishes or none; factors that are not named stay as they are, but for the preference."""
    found = await factors.of_user(tx, user.id)
    for kind, wish in wishes.items():
        if wish.enabled:
            _require_able(pool, user, found, kind)
    await _store(tx, user, found, wishes, ctx.now)


def _require_able(pool: Pool, user: User, found: Factors, kind: Kind) -> None:
    require_served(pool, kind)
    if kind == TOTP and TOTP not in found:
        raise InvalidParameterException(_NOT_VERIFIED)
    if kind in _CONTACTS and not has_verified(user, _CONTACTS[kind]):
        raise InvalidParameterException(f"User does not have delivery config set to turn on {kind}")


async def _store(tx: Transaction, user: User, found: Factors, wishes: Mapping[Kind, Wish], now: int) -> None:
    taken = any(wish.preferred for wish in wishes.values())
    for kind in _KINDS:
        factor = found.get(kind) or Factor(user.id, kind, None, State(), now)
        before = factor.state
        wish = wishes.get(kind) or Wish(before.enabled, before.preferred and not taken)
        after = msgspec.structs.replace(before, enabled=wish.enabled, preferred=wish.preferred)
        if after != before:
            await factors.put(tx, factor._replace(state=after, modified=now))
