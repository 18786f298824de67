"""/signup, /confirmUser and /resendcode: a new account, and the code that proves its contact."""

from starlette.responses import Response

from poolhouse.errors import InvalidParameterException, ServiceError
from poolhouse.operations.first_factor import CONTACTS
from poolhouse.operations.gate import Answer

from . import render, sign_in, steps, words
from .visit import Visit

_PREFIX = "attribute."


async def shown(visit: Visit) -> Response:
    return _form(visit)


async def posted(visit: Visit) -> Response:
    name = visit.form.get("username", "").strip()
    given = {n: v.strip() for n, v in visit.form.items() if n.startswith(_PREFIX)}
    asker, is_without = visit.asker, _is_without_password(visit)
    try:
        if is_without and not name:
            raise InvalidParameterException("Enter who you are first.")
        answer = await asker.ask(
            "SignUp",
            ClientId=visit.client.id,
            SecretHash=asker.secret_hash(name),
            Username=name,
            Password=None if is_without else visit.form.get("password", ""),
            UserAttributes=[{"Name": n.removeprefix(_PREFIX), "Value": v} for n, v in given.items() if v],
        )
    except ServiceError as error:
        return _form(visit, typed=name, given=given, error=words.explain(error), status=words.status(error))
    return _made(visit, answer, name)


def _form(
    visit: Visit, *, typed: str = "", given: dict[str, str] | None = None, error: str = "", status: int = 200
) -> Response:
    settings = visit.pool.settings
    if settings.AdminCreateUserConfig.AllowAdminCreateUserOnly:
        return render.problem("Sign-up is closed", "Accounts of this app are made by its administrators.", status=403)
    return visit.page(
        "sign_up",
        username=words.username(settings, new=True),
        typed=typed or (visit.asked.login_hint if visit.asked else ""),
        fields=[words.attribute(name, _PREFIX) for name in words.wanted_attributes(settings)],
        given=given or {},
        hint=words.password_hint(settings.Policies.PasswordPolicy),
        can_do_without=_can_do_without(visit),
        error=error,
        status=status,
    )


def _is_without_password(visit: Visit) -> bool:
    return "without" in visit.form and _can_do_without(visit)


def _can_do_without(visit: Visit) -> bool:
    """Whether an account that has no password could be signed in to: by codes to the contact that sign-up proves."""
    settings, flows = visit.pool.settings, visit.client.settings.ExplicitAuthFlows
    proved = [factor for factor, name in CONTACTS.items() if name in settings.AutoVerifiedAttributes]
    is_reachable = any(factor in settings.first_factors for factor in proved)
    return settings.is_passwordless and is_reachable and "ALLOW_USER_AUTH" in flows


def _made(visit: Visit, answer: Answer, name: str) -> Response:
    if answer["UserConfirmed"]:
        return sign_in.form(visit, typed=name, notice="Your account is ready. Sign in to go on.")
    details = answer.get("CodeDeliveryDetails")
    if details is None:
        return visit.page(
            "message",
            title="Almost there",
            text="Your account was made. An administrator has to confirm it before you can sign in.",
            kind="notice",
        )
    return sign_in.confirm_form(visit, name, notice=f"We sent a code to {details['Destination']}.")


# --- the code ----------------------------------------------------------------------------------------------


async def confirm_shown(visit: Visit) -> Response:
    """Opening the link of a message changes nothing, for mail scanners open links too: the button confirms."""
    name, code = visit.query.get("user_name", ""), visit.query.get("confirmation_code", "")
    return sign_in.confirm_form(visit, name, code=code)


async def confirm_posted(visit: Visit) -> Response:
    name, code = visit.form.get("username", "").strip(), visit.form.get("code", "").strip()
    asker = visit.asker
    try:
        answer = await asker.ask(
            "ConfirmSignUp",
            ClientId=visit.client.id,
            SecretHash=asker.secret_hash(name),
            Username=name,
            ConfirmationCode=code,
        )
    except ServiceError as error:
        return sign_in.confirm_form(visit, name, error=words.explain(error), status=words.status(error))
    if visit.asked is None:
        return visit.page("message", title="You are confirmed", text="Go back to the app and sign in.", kind="notice")
    if _is_without_password(visit) and "Session" in answer:
        return await _signed_in(visit, answer["Session"], name)
    return sign_in.form(visit, typed=name, notice="Your account is confirmed. Sign in to go on.")


async def _signed_in(visit: Visit, session: str, name: str) -> Response:
    """By the code itself, which proved as much as the next one would."""
    try:
        return await steps.proceed(visit, await visit.asker.confirmed(name, session), name)
    except ServiceError as error:
        return sign_in.form(visit, typed=name, error=words.explain(error), status=words.status(error))


async def resend_posted(visit: Visit) -> Response:
    name, asker = visit.form.get("username", "").strip(), visit.asker
    try:
        answer = await asker.ask(
            "ResendConfirmationCode", ClientId=visit.client.id, SecretHash=asker.secret_hash(name), Username=name
        )
    except ServiceError as error:
        return sign_in.confirm_form(visit, name, error=words.explain(error), status=words.status(error))
    sent_to = answer["CodeDeliveryDetails"]["Destination"]
    return sign_in.confirm_form(visit, name, notice=f"We sent a new code to {sent_to}.")
