"""The steps of a sign-in behind the password: every challenge that an operation answers with is a form here."""

import json
from typing import Any, Final

import msgspec
from starlette.responses import Response

from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import InvalidSession, NotAuthorizedException, ServiceError
from poolhouse.operations.gate import Answer
from poolhouse.operations.oauth import hosted, sessions
from poolhouse.operations.oauth.authorization import Authorization
from poolhouse.operations.oauth.sessions import SignedIn

from . import authenticator, passkeys, render, words
from .authorize import go
from .visit import Visit
from .words import Field

_SEAL: Final = "hosted-step"
_NEW_PASSWORD: Final = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - a challenge's name
_PASSKEY: Final = "WEB_AUTHN"
_PREFIX: Final = "userAttributes."
_SET_UP: Final = "MFA_SETUP"
_TOTP: Final = "SOFTWARE_TOKEN_MFA"
_EMAIL: Final = "EMAIL_OTP"
_PHONE: Final = "SMS_MFA"


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A challenge that waits for this browser's answer; the session in it is the operation's own.

    `kind` is the factor that is being set up, `secret` that of an authenticator app.
    """

    visitor: str
    client: str
    challenge: str
    session: str
    typed: str
    parameters: dict[str, str]
    kind: str = ""
    secret: str = ""

    @property
    def name(self) -> str:
        return self.parameters.get("USER_ID_FOR_SRP") or self.typed


async def proceed(visit: Visit, answer: Answer, typed: str) -> Response:
    """Back to the app with the end of a sign-in, or the form of its next step."""
    if "AuthenticationResult" in answer:
        assert visit.asked is not None
        who = await sessions.admitted(visit.services, visit.pool, answer["AuthenticationResult"], typed)
        response = go(await _destination(visit, visit.asked, who), 303)
        visit.remember(response, who)
        return response
    step = Step(
        visitor=visit.visitor,
        client=visit.client.id,
        challenge=answer["ChallengeName"],
        session=answer.get("Session") or "",
        typed=typed,
        parameters=dict(answer.get("ChallengeParameters") or {}),
    )
    if step.challenge == _SET_UP:
        return await _set_up(visit, step)
    return form(visit, step)


async def _destination(visit: Visit, asked: Authorization, who: SignedIn) -> str:
    if visit.is_for_passkey:
        return f"{passkeys.ADD_PATH}?{asked.query}"
    return await hosted.destination(visit.services, asked, who)


async def answered(visit: Visit) -> Response:
    """A posted step. What the session survives is asked again; otherwise the sign-in begins anew."""
    step = _opened(visit)
    try:
        if step.challenge == _SET_UP and not step.kind:
            return await _set_up(visit, msgspec.structs.replace(step, kind=visit.form.get("choice", "")))
        return await proceed(visit, await _respond(visit, step), step.typed)
    except (NotAuthorizedException, *words.REFUSALS):
        raise
    except ServiceError as error:
        return form(visit, step, error=words.explain(error), status=words.status(error))


def form(visit: Visit, step: Step, *, error: str = "", status: int = 200) -> Response:
    values: dict[str, Any] = {
        "step": visit.services.vault.seal_token(_SEAL, step),
        "typed": step.typed,
        "error": error,
        "status": status,
    }
    if step.challenge in words.CODES:
        kind = words.CODES[step.challenge]
        sent_to = step.parameters.get("CODE_DELIVERY_DESTINATION", "")
        return visit.page("code", title=kind.title, lead=kind.lead, sent_to=sent_to, **values)
    if step.challenge == _PASSKEY:
        return passkeys.form(visit, step.parameters["CREDENTIAL_REQUEST_OPTIONS"], **values)
    if step.challenge == _NEW_PASSWORD:
        hint = words.password_hint(visit.pool.settings.Policies.PasswordPolicy)
        return visit.page("new_password", hint=hint, fields=_missing(step), **values)
    if step.challenge == "SELECT_MFA_TYPE" or (step.challenge == _SET_UP and not step.kind):
        offered = _names(step.parameters.get("MFAS_CAN_CHOOSE")) or _offered(step)
        return visit.page("choose", choices=[(name, words.CHOICES[name]) for name in offered], **values)
    if step.challenge == _SET_UP and step.kind == _TOTP:
        return visit.page("set_up", **_key(step, visit.client.name), **values)
    if step.challenge == _SET_UP:
        mark, attribute = ("+", "phone_number") if step.kind == _PHONE else ("@", "email")
        known = step.typed if mark in step.typed else ""
        return visit.page("set_up_contact", contact=words.attribute(attribute, ""), known=known, **values)
    return render.problem(
        "This sign-in needs another app",
        f"Your account asks for a step that these pages do not serve yet ({step.challenge}).",
    )


async def _set_up(visit: Visit, step: Step) -> Response:
    """A first second factor, where the pool wants one and the user has none. Raises InvalidSession, ServiceError."""
    offered = _offered(step)
    kind = step.kind or (offered[0] if len(offered) == 1 else "")
    if not offered or (kind and kind not in offered):
        raise InvalidSession
    step = msgspec.structs.replace(step, kind=kind)
    if kind != _TOTP:
        return form(visit, step)
    made = await visit.asker.ask("AssociateSoftwareToken", Session=step.session)
    return form(visit, msgspec.structs.replace(step, session=made["Session"], secret=made["SecretCode"]))


def _offered(step: Step) -> list[str]:
    """What the user may set up of what these pages can."""
    return [name for name in _names(step.parameters.get("MFAS_CAN_SETUP")) if name in (_PHONE, _TOTP, _EMAIL)]


async def _respond(visit: Visit, step: Step) -> Answer:
    """Raises ServiceError."""
    asker, sent, session = visit.asker, visit.form, step.session
    responses = {"USERNAME": step.name}
    if step.challenge in words.CODES:
        responses[words.CODES[step.challenge].member] = sent.get("code", "").strip()
    elif step.challenge == _PASSKEY:
        responses["CREDENTIAL"] = sent.get("credential", "")
    elif step.challenge == "SELECT_MFA_TYPE":
        responses["ANSWER"] = sent.get("choice", "")
    elif step.challenge == _NEW_PASSWORD:
        responses["NEW_PASSWORD"] = sent.get("password", "")
        responses |= {name: value for name, value in sent.items() if name.startswith(_PREFIX)}
    elif step.kind == _PHONE:
        responses["PHONE_NUMBER"] = sent.get("phone_number", "").strip()
    elif step.kind == _EMAIL:
        responses["EMAIL"] = sent.get("email", "").strip()
    elif step.kind == _TOTP:
        verified = await asker.ask("VerifySoftwareToken", Session=session, UserCode=sent.get("code", "").strip())
        session = verified["Session"]
    else:
        raise InvalidSession
    return await asker.respond(step.challenge, session, responses)


def _opened(visit: Visit) -> Step:
    """Raises InvalidSession for a step of another browser or client."""
    try:
        step = visit.services.vault.open_token(_SEAL, visit.form.get("step", ""), Step)
    except BrokenSeal as error:
        raise InvalidSession from error
    if (step.visitor, step.client) != (visit.visitor, visit.client.id):
        raise InvalidSession
    return step


def _missing(step: Step) -> list[Field]:
    wanted = _names(step.parameters.get("requiredAttributes"))
    return [words.attribute(name.removeprefix(_PREFIX), _PREFIX) for name in wanted]


def _names(text: str | None) -> list[str]:
    """A challenge parameter that is a JSON list as text."""
    value = json.loads(text) if text else []
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _key(step: Step, issuer: str) -> dict[str, str]:
    """The key of a new authenticator for a camera, for an app on the same device, and in groups to type."""
    address = authenticator.address(step.secret, issuer, step.typed)
    grouped = " ".join(step.secret[start : start + 4] for start in range(0, len(step.secret), 4))
    drawn = authenticator.drawing(address)
    return {"secret": grouped, "address": address, "qr": drawn, "issuer": issuer, "account": step.typed}
