"""Three users for the example: an admin, a member-to-be and an ordinary user. Running it again changes nothing.

    python seed.py [amplify_outputs.json]

It uses the root key that `poolhouse dev` shows.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

PASSWORD = "Correct-Horse-9"
ROOT_KEY = ("AKIAPOOLHOUSEDEVROOT", "poolhouse-development-secret-for-loopback")
USERS = {"admin@example.com": ["ADMINS"], "member@example.com": [], "ordinary@example.com": []}


def user_pool(outputs: dict[str, Any], access_key_id: str, secret_access_key: str) -> Any:
    """A boto3 client for the server that wrote the outputs."""
    where = urlsplit(outputs["data"]["url"])
    return boto3.client(
        "cognito-idp",
        endpoint_url=f"{where.scheme}://{where.netloc}",
        region_name=outputs["auth"]["aws_region"],
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
    )


def seed(client: Any, pool_id: str) -> dict[str, str]:
    """Make the users that are missing; returns each one's sub by e-mail address."""
    return {email: _user(client, pool_id, email, groups) for email, groups in USERS.items()}


def _user(client: Any, pool_id: str, email: str, groups: list[str]) -> str:
    with suppress(client.exceptions.UsernameExistsException):
        client.admin_create_user(
            UserPoolId=pool_id,
            Username=email,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            MessageAction="SUPPRESS",
        )
    client.admin_set_user_password(UserPoolId=pool_id, Username=email, Password=PASSWORD, Permanent=True)
    for group in groups:
        client.admin_add_user_to_group(UserPoolId=pool_id, Username=email, GroupName=group)
    return str(client.admin_get_user(UserPoolId=pool_id, Username=email)["Username"])


def main() -> None:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "amplify_outputs.json")
    outputs = json.loads(path.read_text(encoding="utf-8"))
    client = user_pool(outputs, *ROOT_KEY)
    for email, sub in seed(client, outputs["auth"]["user_pool_id"]).items():
        print(f"{email}  {sub}  password {PASSWORD}")


if __name__ == "__main__":
    main()
