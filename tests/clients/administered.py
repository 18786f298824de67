"""A project with Admin Queries and hosted pages, whose users choose a name: what the source document's page needs."""

import os
import itertools
import shutil
from pathlib import Path
from typing import Any

from clients.development import EXAMPLE, PASSWORD, Backend

from poolhouse.define.admin_queries_source import files

AUTH = """
from amplify.data.add_user_to_group.resource import add_user_to_group

from poolhouse import define_auth

auth = define_auth(
    login_with={
        "email": True,
        "preferred_username": True,
        "external_providers": {"callback_urls": ["myapp://callback/"], "logout_urls": ["myapp://signout/"]},
    },
    groups=["ADMINS", "Admins", "Editors"],
    access=lambda allow: [allow.resource(add_user_to_group).to(["addUserToGroup"])],
)
"""
BACKEND = """
from amplify.api.AdminQueries.resource import admin_queries
from amplify.auth.resource import auth
from amplify.data.resource import data

from poolhouse import define_backend

backend = define_backend(auth=auth, data=data, admin_queries=admin_queries)
"""
_numbers = itertools.count(1)


def write(project: Path) -> None:
    """The example, and what `poolhouse add auth` writes for the group Admins."""
    shutil.copytree(EXAMPLE, project / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    texts = files("AdminQueries1a2b3c4d", ["Admins"])
    texts |= {"amplify/auth/resource.py": AUTH, "amplify/backend.py": BACKEND}
    for path, text in texts.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")


def named(backend: Backend, name: str, *groups: str) -> str:
    """A confirmed user who is called like this, in these groups and no others. Made once."""
    root, pool = backend.root, {"UserPoolId": backend.pool_id}
    if not any(user["Username"] == name for user in _found(backend, name)):
        attributes = [{"Name": "email", "Value": f"{name}@example.com"}, {"Name": "email_verified", "Value": "true"}]
        root.admin_create_user(**pool, Username=name, UserAttributes=attributes, MessageAction="SUPPRESS")
        root.admin_set_user_password(**pool, Username=name, Password=PASSWORD, Permanent=True)
    for group in groups_of(backend, name) - set(groups):
        root.admin_remove_user_from_group(**pool, Username=name, GroupName=group)
    for group in groups:
        root.admin_add_user_to_group(**pool, Username=name, GroupName=group)
    return name


def somebody(backend: Backend, *groups: str) -> str:
    """A new user."""
    return named(backend, f"user{os.getpid()}x{next(_numbers)}", *groups)


def groups_of(backend: Backend, name: str) -> set[str]:
    answer = backend.root.admin_list_groups_for_user(UserPoolId=backend.pool_id, Username=name)
    return {group["GroupName"] for group in answer["Groups"]}


def state(backend: Backend) -> list[Any]:
    """What a refused call must not have changed."""
    pool = {"UserPoolId": backend.pool_id}
    users = backend.root.list_users(**pool)["Users"]
    return [users, [sorted(groups_of(backend, user["Username"])) for user in users]]


def _found(backend: Backend, name: str) -> list[Any]:
    answer = backend.root.list_users(UserPoolId=backend.pool_id, Filter=f'username = "{name}"')
    return list(answer["Users"])
