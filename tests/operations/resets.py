"""A user who has forgotten his password, and what he can do about it."""

from typing import Any

from operations.stage import EMAIL, EMAIL_POOL, PASSWORD, Stage

NEW = "Better-Horse9"
MISMATCH = ("CodeMismatch", "Invalid verification code provided, please try again.")
EXPIRED = ("ExpiredCode", "Invalid code provided, please request a code again.")
LIMIT = ("LimitExceeded", "Attempt limit exceeded, please try after some time.")
UNKNOWN = ("UserNotFound", "Username/client id combination not found.")
STATE = ("NotAuthorized", "User password cannot be reset in the current state.")
HIDES = {"PreventUserExistenceErrors": "ENABLED"}
NO_CONTACT = (
    "InvalidParameter",
    "Cannot reset password for the user as there is no registered/verified email or phone_number",
)
MAIL = {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***"}


def recovering(*mechanisms: str) -> dict[str, Any]:
    """A pool like Amplify's with these ways to recover an account."""
    options = [{"Priority": place, "Name": name} for place, name in enumerate(mechanisms, start=1)]
    return {**EMAIL_POOL, "AccountRecoverySetting": {"RecoveryMechanisms": options}}


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def member(stage: Stage, username: str = EMAIL, **attributes: str) -> str:
    """A confirmed user whose e-mail address is verified unless `attributes` say otherwise; the sub."""
    sub = await stage.person(username)
    await write(stage, username, **{"email_verified": "true", **attributes})
    return sub


async def write(stage: Stage, username: str = EMAIL, **attributes: str) -> None:
    changed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    await stage.admin("AdminUpdateUserAttributes", Username=username, UserAttributes=changed)


async def invited(stage: Stage, username: str = EMAIL) -> None:
    """A user with a temporary password."""
    attributes = [{"Name": "email", "Value": username}, {"Name": "email_verified", "Value": "true"}]
    await stage.admin(
        "AdminCreateUser",
        Username=username,
        UserAttributes=attributes,
        TemporaryPassword=PASSWORD,
        MessageAction="SUPPRESS",
    )


async def forgot(stage: Stage, username: str = EMAIL, **more: str) -> dict[str, Any]:
    answer = await stage.public("ForgotPassword", ClientId=stage.client, Username=username, **more)
    return answer["CodeDeliveryDetails"]


async def answer(
    stage: Stage, code: str | None = None, username: str = EMAIL, password: str = NEW, **more: str
) -> dict[str, Any]:
    """ConfirmForgotPassword, with the last code that was sent to the address unless another is given."""
    request = {"ConfirmationCode": code or await stage.code(username), "Password": password, **more}
    return await stage.public("ConfirmForgotPassword", ClientId=stage.client, Username=username, **request)


async def admin_reset(stage: Stage, username: str = EMAIL) -> dict[str, Any]:
    return await stage.admin("AdminResetUserPassword", Username=username)


async def letters(stage: Stage, destination: str = EMAIL) -> list[dict[str, Any]]:
    """The recovery mails to an address."""
    return [letter for letter in await stage.mail(destination) if letter["purpose"] == "forgot_password"]
