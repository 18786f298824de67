"""People for the example: alice who administrates, richard who is to become an editor, and twenty-five editors.

    python seed.py [FILE]

FILE is the amplify_outputs.json of the running server, by default the one beside this script. The root key is the one
that `poolhouse dev` shows. Running it again changes nothing.
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
EDITORS = [f"editor{number:02}" for number in range(1, 26)]
USERS: dict[str, list[str]] = {"alice": ["Admins"], "richard": [], **{name: ["Editors"] for name in EDITORS}}


def user_pool(outputs: dict[str, Any], access_key_id: str, secret_access_key: str) -> Any:
    """A boto3 client for the server that wrote the outputs."""
    where = urlsplit(outputs["custom"]["API"]["AdminQueries"]["endpoint"])
    return boto3.client(
        "cognito-idp",
        endpoint_url=f"{where.scheme}://{where.netloc}",
        region_name=outputs["auth"]["aws_region"],
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
    )


def seed(client: Any, pool_id: str) -> None:
    """Make the users that are missing. Only alice and richard get a password: nobody else is to sign in."""
    for name, groups in USERS.items():
        with suppress(client.exceptions.UsernameExistsException):
            _create(client, pool_id, name)
        for group in groups:
            client.admin_add_user_to_group(UserPoolId=pool_id, Username=name, GroupName=group)
    for name in ("alice", "richard"):
        client.admin_set_user_password(UserPoolId=pool_id, Username=name, Password=PASSWORD, Permanent=True)


def _create(client: Any, pool_id: str, name: str) -> None:
    known = {"email": f"{name}@example.com", "email_verified": "true"}
    client.admin_create_user(
        UserPoolId=pool_id,
        Username=name,
        UserAttributes=[{"Name": key, "Value": value} for key, value in known.items()],
        MessageAction="SUPPRESS",
    )


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("amplify_outputs.json")
    outputs = json.loads(path.read_text(encoding="utf-8"))
    seed(user_pool(outputs, *ROOT_KEY), outputs["auth"]["user_pool_id"])
    print(f"alice of Admins, richard of no group (password {PASSWORD}), and {len(EDITORS)} Editors")


if __name__ == "__main__":
    main()
