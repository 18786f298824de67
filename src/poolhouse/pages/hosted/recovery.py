"""/forgotPassword and /confirmForgotPassword: a new password by a code to the account's own contact."""

from starlette.responses import Response

from poolhouse.errors import ServiceError

from . import sign_in, words
from .visit import Visit


async def shown(visit: Visit) -> Response:
    return _form(visit, typed=visit.asked.login_hint if visit.asked else "")


async def posted(visit: Visit) -> Response:
    name, asker = visit.form.get("username", "").strip(), visit.asker
    try:
        answer = await asker.ask(
            "ForgotPassword", ClientId=visit.client.id, SecretHash=asker.secret_hash(name), Username=name
        )
    except ServiceError as error:
        return _form(visit, typed=name, error=words.explain(error), status=words.status(error))
    sent_to = answer["CodeDeliveryDetails"]["Destination"]
    return _reset_form(visit, name, notice=f"If the account exists, a code is on its way to {sent_to}.")


async def reset_shown(visit: Visit) -> Response:
    return _reset_form(visit, visit.query.get("user_name", ""), code=visit.query.get("confirmation_code", ""))


async def reset_posted(visit: Visit) -> Response:
    name, asker = visit.form.get("username", "").strip(), visit.asker
    try:
        await asker.ask(
            "ConfirmForgotPassword",
            ClientId=visit.client.id,
            SecretHash=asker.secret_hash(name),
            Username=name,
            ConfirmationCode=visit.form.get("code", "").strip(),
            Password=visit.form.get("password", ""),
        )
    except ServiceError as error:
        code = visit.form.get("code", "").strip()
        return _reset_form(visit, name, code=code, error=words.explain(error), status=words.status(error))
    if visit.asked is None:
        return visit.page("message", title="Password changed", text="Go back to the app and sign in.", kind="notice")
    return sign_in.form(visit, typed=name, notice="Your password was changed. Sign in with the new one.")


def _form(visit: Visit, *, typed: str, error: str = "", status: int = 200) -> Response:
    username = words.username(visit.pool.settings, new=False)
    return visit.page("forgot", username=username, typed=typed, error=error, status=status)


def _reset_form(
    visit: Visit, name: str, *, code: str = "", error: str = "", notice: str = "", status: int = 200
) -> Response:
    hint = words.password_hint(visit.pool.settings.Policies.PasswordPolicy)
    return visit.page("reset", typed=name, code=code, hint=hint, error=error, notice=notice, status=status)
