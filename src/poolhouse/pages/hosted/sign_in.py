"""/login: the password, what can stand in for it, and every step behind it."""

from starlette.responses import Response

from poolhouse.errors import (
    InvalidParameterException,
    PasswordResetRequiredException,
    ServiceError,
    UserNotConfirmedException,
)
from poolhouse.operations.oauth import hosted

from . import passkeys, steps, words
from .visit import Visit

_OTHER_WAY = "This does not work for your account. Sign in another way."


def form(visit: Visit, *, typed: str | None = None, error: str = "", notice: str = "", status: int = 200) -> Response:
    """`typed` is the name to begin with."""
    settings = visit.pool.settings
    hint = visit.asked.login_hint if visit.asked else ""
    return visit.page(
        "login",
        username=words.username(settings, new=False),
        typed=hint if typed is None else typed,
        error=error,
        notice=notice,
        status=status,
        can_sign_up=not settings.AdminCreateUserConfig.AllowAdminCreateUserOnly,
        can_recover=hosted.is_served("ForgotPassword"),
        ways=passkeys.ways(visit),
    )


async def shown(visit: Visit) -> Response:
    return form(visit)


async def posted(visit: Visit) -> Response:
    name = visit.form.get("username", "").strip()
    try:
        if "step" in visit.form:
            return await steps.answered(visit)
        if "way" in visit.form:
            return await _begun(visit, name)
        return await steps.proceed(visit, await visit.asker.sign_in(name, visit.form.get("password", "")), name)
    except UserNotConfirmedException:
        return confirm_form(visit, name, notice="Your account is not confirmed yet. Enter the code that we sent you.")
    except PasswordResetRequiredException:
        return form(
            visit, typed=name, error="Your password has to be reset. Choose “Forgot your password?”.", status=400
        )
    except ServiceError as error:
        return form(visit, typed=name, error=words.explain(error), status=words.status(error))


async def _begun(visit: Visit, name: str) -> Response:
    """A sign-in without a password. Raises ServiceError."""
    wanted = visit.form["way"]
    if wanted not in dict(passkeys.ways(visit)):
        raise InvalidParameterException(_OTHER_WAY)
    if not name:
        raise InvalidParameterException("Enter who you are first.")
    answer = await visit.asker.begin(name, wanted)
    if answer["ChallengeName"] != wanted:
        raise InvalidParameterException(_OTHER_WAY)
    return await steps.proceed(visit, answer, name)


def confirm_form(
    visit: Visit, name: str, *, error: str = "", notice: str = "", code: str = "", status: int = 200
) -> Response:
    """The form for the code of a sign-up; `without` is handed on from the form that made an account without one."""
    without = visit.form.get("without", "")
    return visit.page("confirm", typed=name, code=code, without=without, error=error, notice=notice, status=status)
