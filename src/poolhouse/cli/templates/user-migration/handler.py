"""The password of somebody who was pulled from another user pool: that pool says whether it is the right one.

Asked at the first sign-in only; what it accepts is the password of this pool's user from then on. Nothing here needs an
AWS key: both calls are those of an app client.
"""

import base64
import hashlib
import hmac
import os
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

CLIENT_ID = os.environ["OLD_POOL_CLIENT_ID"]
# What the old pool asks for behind a password that was right.
BEHIND_THE_PASSWORD = {"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "SELECT_MFA_TYPE", "MFA_SETUP"}
STAYS_BEHIND = {"sub", "identities"}

old_pool = boto3.client(
    "cognito-idp",
    region_name=os.environ["OLD_POOL_REGION"],
    endpoint_url=os.environ["OLD_POOL_ENDPOINT"],
    config=Config(signature_version=UNSIGNED, connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 1}),
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if event["triggerSource"] != "UserMigration_Authentication":
        raise ValueError("Users are pulled with poolhouse pull-users; without their password nobody else is known.")
    username, request = event["userName"], event["request"]
    pulled = request.get("userAttributes", {})
    try:
        answer = sign_in(username, request["password"])
    except old_pool.exceptions.PasswordResetRequiredException:
        if not pulled:
            raise
        return known(event, pulled, "RESET_REQUIRED")
    except old_pool.exceptions.NotAuthorizedException as error:
        raise ValueError(error.response["Error"]["Message"]) from None
    if "AuthenticationResult" in answer:
        return known(event, pulled or attributes(answer), "CONFIRMED")
    if not pulled:
        raise ValueError("The old pool asks for more than a password, and keeps what it knows of the user to itself.")
    if answer["ChallengeName"] in BEHIND_THE_PASSWORD:
        return known(event, pulled, "CONFIRMED")
    if answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED":
        # A temporary password. Whoever is invited here too chooses a new one right behind it.
        invited = pulled["cognito:user_status"] == "FORCE_CHANGE_PASSWORD"
        return known(event, pulled, "CONFIRMED" if invited else "RESET_REQUIRED")
    raise ValueError(f"The old pool asks for {answer['ChallengeName']}.")


def sign_in(username: str, password: str) -> Any:
    parameters = {"USERNAME": username, "PASSWORD": password}
    secret = os.environ.get("OLD_POOL_CLIENT_SECRET")
    if secret:
        digest = hmac.digest(secret.encode(), (username + CLIENT_ID).encode(), hashlib.sha256)
        parameters["SECRET_HASH"] = base64.b64encode(digest).decode()
    return old_pool.initiate_auth(ClientId=CLIENT_ID, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


def attributes(answer: Any) -> dict[str, str]:
    user = old_pool.get_user(AccessToken=answer["AuthenticationResult"]["AccessToken"])
    return {entry["Name"]: entry["Value"] for entry in user["UserAttributes"] if entry["Name"] not in STAYS_BEHIND}


def known(event: dict[str, Any], of_user: dict[str, str], status: str) -> dict[str, Any]:
    event["response"]["userAttributes"] = of_user
    event["response"]["finalUserStatus"] = status
    event["response"]["messageAction"] = "SUPPRESS"
    return event
