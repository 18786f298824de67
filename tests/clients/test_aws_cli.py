"""The AWS command line with --endpoint-url: what an administrator's scripts do."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clients.development import PASSWORD, ROOT_KEY, Backend, new_email

AWS = Path(sys.executable).parent / "aws"
Cli = Callable[..., Any]


class Refused(Exception):
    """What the command line says when the service refuses."""


@pytest.fixture
def aws(backend: Backend, tmp_path: Path) -> Cli:
    """`aws("list-users", user_pool_id=...)`: the answer, or Refused; no settings of this machine get in."""
    nowhere = str(tmp_path / "none")
    own = {
        "AWS_ACCESS_KEY_ID": ROOT_KEY[0],
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY[1],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    def aws(operation: str, *more: str, **options: str) -> Any:
        given = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        command = [str(AWS), "cognito-idp", operation, "--endpoint-url", backend.url, "--output", "json", *more, *given]
        done = subprocess.run(command, env=kept | own, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    return aws


def test_pools_users_groups(backend: Backend, aws: Cli) -> None:
    """A pool from nothing to a member who signs in, and a refusal that changes nothing."""
    pool = aws("create-user-pool", pool_name="cli", username_attributes="email")["UserPool"]["Id"]
    flows = ("--explicit-auth-flows", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
    app = aws("create-user-pool-client", *flows, user_pool_id=pool, client_name="cli")["UserPoolClient"]["ClientId"]
    email = new_email()
    user = {"user_pool_id": pool, "username": email}
    aws("admin-create-user", message_action="SUPPRESS", **user)
    aws("admin-set-user-password", "--permanent", password=PASSWORD, **user)
    aws("create-group", user_pool_id=pool, group_name="ADMINS")
    aws("admin-add-user-to-group", group_name="ADMINS", **user)
    signed_in = aws(
        "admin-initiate-auth",
        user_pool_id=pool,
        client_id=app,
        auth_flow="ADMIN_USER_PASSWORD_AUTH",
        auth_parameters=f"USERNAME={email},PASSWORD={PASSWORD}",
    )
    assert signed_in["AuthenticationResult"]["TokenType"] == "Bearer"
    with pytest.raises(Refused, match=r"\(ResourceNotFoundException\).*Group not found"):
        aws("admin-add-user-to-group", group_name="OWNERS", **user)
    groups = aws("admin-list-groups-for-user", **user)["Groups"]
    assert [group["GroupName"] for group in groups] == ["ADMINS"]


def test_pages(backend: Backend, aws: Cli) -> None:
    """The command line follows every page by itself, or stops where it is told and goes on from its own token."""
    pool = backend.root.create_user_pool(PoolName="pages")["UserPool"]["Id"]
    names = [f"user-{number}" for number in range(7)]
    for name in names:
        backend.root.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    first = aws("list-users", user_pool_id=pool, max_items="4", page_size="2")
    assert len(first["Users"]) == 4
    rest = aws("list-users", user_pool_id=pool, page_size="2", starting_token=first["NextToken"])
    assert "NextToken" not in rest
    assert sorted(user["Username"] for user in first["Users"] + rest["Users"]) == names


def test_unsigned(backend: Backend, aws: Cli) -> None:
    """Public operations need no key; the others refuse to work without one."""
    user = backend.new_user()
    asked = aws("forgot-password", "--no-sign-request", client_id=backend.client_id, username=user.email)
    assert asked["CodeDeliveryDetails"]["Destination"] == "u***@e***"
    with pytest.raises(Refused, match="MissingAuthenticationToken"):
        aws("admin-delete-user", "--no-sign-request", user_pool_id=backend.pool_id, username=user.email)
    assert backend.status_of(user.email) == "CONFIRMED"
