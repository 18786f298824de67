"""Routes beyond the eleven. Each one answers only when `define_admin_queries(extra_routes=[...])` names it."""

from collections.abc import Callable
from typing import Any

from guard import Caller, check_not_stronger
from pool import POOL, cognito
from protection import counts_somewhere, keep_last_member
from routes import Action, post
from settings import SETTINGS
from wire import Refused, Request

Answer = dict[str, Any]
FACTORS = {"sms": "SMSMfaSettings", "totp": "SoftwareTokenMfaSettings", "email": "EmailMfaSettings"}
PREFERENCES = {
    "DISABLED": {"Enabled": False, "PreferredMfa": False},
    "ENABLED": {"Enabled": True},
    "NOT_PREFERRED": {"Enabled": True, "PreferredMfa": False},
    "PREFERRED": {"Enabled": True, "PreferredMfa": True},
}
"""The words of Amplify's updateMFAPreference()."""


def optional(path: str) -> Callable[[Action], Action]:
    """Declares a route that was asked for; leaves the others out."""
    return post(path) if path.removeprefix("/") in SETTINGS.extra_routes else lambda action: action


@optional("/createUser")
def create_user(request: Request, caller: Caller) -> Answer:
    """Invites a user, who gets a temporary password; `resend` true invites again who did not come."""
    (username,) = request.required("username")
    options: dict[str, Any] = {}
    if request.parameters.get("attributes"):
        options["UserAttributes"] = attributes_of(request)
    if temporary := request.optional("temporarypassword"):
        options["TemporaryPassword"] = temporary
    if request.parameters.get("resend") in (True, "true"):
        check_not_stronger(caller, username)
        options["MessageAction"] = "RESEND"
    answer = cognito.admin_create_user(UserPoolId=POOL, Username=username, **options)
    return {"message": f"Created {username}", "User": answer["User"]}


@optional("/deleteUser")
def delete_user(request: Request, caller: Caller) -> Answer:
    """Who counts in a protected group is disabled first: that can be taken back, and a deletion cannot."""
    (username,) = request.required("username")
    check_not_stronger(caller, username)
    user = {"UserPoolId": POOL, "Username": username}
    guarded = counts_somewhere(username)
    if guarded:
        keep_last_member(
            username,
            act=lambda: cognito.admin_disable_user(**user),
            undo=lambda: cognito.admin_enable_user(**user),
        )
    try:
        cognito.admin_delete_user(**user)
    except Exception:
        if guarded:
            cognito.admin_enable_user(**user)
        raise
    return {"message": f"Deleted {username}"}


@optional("/updateUserAttributes")
def update_user_attributes(request: Request, caller: Caller) -> Answer:
    if not (request.parameters.get("username") and request.parameters.get("attributes")):
        raise Refused(400, "username and attributes are required")
    (username,) = request.required("username")
    attributes = attributes_of(request)
    check_not_stronger(caller, username)
    cognito.admin_update_user_attributes(UserPoolId=POOL, Username=username, UserAttributes=attributes)
    return {"message": f"Updated attributes of {username}"}


@optional("/resetUserPassword")
def reset_user_password(request: Request, caller: Caller) -> Answer:
    """The user gets a code, and cannot sign in before choosing a new password with it."""
    (username,) = request.required("username")
    check_not_stronger(caller, username)
    cognito.admin_reset_user_password(UserPoolId=POOL, Username=username)
    return {"message": f"Reset password of {username}"}


@optional("/setUserMfaPreference")
def set_user_mfa_preference(request: Request, caller: Caller) -> Answer:
    """`sms`, `totp` and `email`, each DISABLED, ENABLED, NOT_PREFERRED or PREFERRED; what is not named stays."""
    (username,) = request.required("username")
    wanted = {factor: request.parameters[factor] for factor in FACTORS if request.parameters.get(factor)}
    if not wanted:
        raise Refused(400, f"one of {', '.join(FACTORS)} is required")
    for factor, word in wanted.items():
        if not isinstance(word, str) or word not in PREFERENCES:
            raise Refused(400, f"{factor} must be one of {', '.join(PREFERENCES)}")
    check_not_stronger(caller, username)
    settings: dict[str, Any] = {FACTORS[factor]: PREFERENCES[word] for factor, word in wanted.items()}
    cognito.admin_set_user_mfa_preference(UserPoolId=POOL, Username=username, **settings)
    return {"message": f"Set MFA preference of {username}"}


def attributes_of(request: Request) -> list[Any]:
    """`attributes` as Cognito takes them: [{"Name": "email", "Value": "richard@example.com"}, ...]."""
    given = request.parameters.get("attributes")
    if not isinstance(given, list) or not all(_is_attribute(each) for each in given):
        raise Refused(400, "attributes must be a list of objects with the texts Name and Value")
    return given


def _is_attribute(given: object) -> bool:
    return (
        isinstance(given, dict)
        and given.keys() == {"Name", "Value"}
        and all(isinstance(value, str) for value in given.values())
    )
