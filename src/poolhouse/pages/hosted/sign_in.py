"""/login: the password and every step behind it."""

from starlette.responses import Response

from poolhouse.errors import PasswordResetRequiredException, ServiceError, UserNotConfirmedException
from poolhouse.operations.oauth import hosted

from . import steps, words
from .visit import Visit


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
    )


async def shown(visit: Visit) -> Response:
    return form(visit)


async def posted(visit: Visit) -> Response:
    name = visit.form.get("username", "").strip()
    try:
        if "step" in visit.form:
            return await steps.answered(visit)
        return await steps.proceed(visit, await visit.asker.sign_in(name, visit.form.get("password", "")), name)
    except UserNotConfirmedException:
        return confirm_form(visit, name, notice="Your account is not confirmed yet. Enter the code that we sent you.")
    except PasswordResetRequiredException:
        return form(
            visit, typed=name, error="Your password has to be reset. Choose “Forgot your password?”.", status=400
        )
    except ServiceError as error:
        return form(visit, typed=name, error=words.explain(error), status=words.status(error))


def confirm_form(
    visit: Visit, name: str, *, error: str = "", notice: str = "", code: str = "", status: int = 200
) -> Response:
    """The form for the code of a sign-up."""
    return visit.page("confirm", typed=name, code=code, error=error, notice=notice, status=status)
