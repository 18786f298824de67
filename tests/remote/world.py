"""Two servers: one in the part of AWS, with the pool and its people, and one in front of it, which refers to it."""

import asyncio
import dataclasses
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from acceptance.conftest import SETTINGS
from acceptance.world import Person, World
from app.running import Running, project, serving

from poolhouse.operations import audit
from poolhouse.operations.audit import Event

PROJECT = Path(__file__).parent / "project"
QUERIES = Path(__file__).parents[2] / "examples" / "admin-queries" / "amplify"
OTHER_KEY = b"fedcba9876543210fedcba9876543210"
GROUPS = {"Admins": 1, "SUPPORT": 2, "CUSTOMERS": 3, "EDITORS": 4}
PERFORM = "mutation ($operation: String!, $request: AWSJSON!) {{ {field}(operation: $operation, request: $request) }}"


class Outcome(NamedTuple):
    """`ok`, or the code of a refusal and its words."""

    code: str
    message: str = ""


@contextmanager
def aws(folder: Path) -> Iterator[World]:
    """The server in the part of AWS."""
    project(folder)
    with serving(dataclasses.replace(SETTINGS, database=f"sqlite:///{folder}/aws.db"), folder) as running:
        made = World(running)
        for name, precedence in GROUPS.items():
            made.admin("CreateGroup", GroupName=name, Precedence=precedence)
        yield made


def variables(url: str, key: tuple[str, str, str] | None = None) -> dict[str, str | None]:
    """Variables of the ordinary AWS configuration for a server in the part of AWS; None for those that are not set."""
    keys = key or (SETTINGS.root_access_key_id, SETTINGS.root_secret_access_key, "")
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": url,
        **{name: value or None for name, value in zip(names, keys, strict=True)},
        "AWS_PROFILE": None,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@contextmanager
def configured(url: str, key: tuple[str, str, str] | None = None) -> Iterator[None]:
    """This process's AWS configuration, for as long as a server reads it at its start."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables(url, key).items():
            if value is None:
                patch.delenv(name, raising=False)
            else:
                patch.setenv(name, value)
        yield


def write_project(folder: Path, pool: dict[str, str], *, delegates: bool = False) -> Path:
    """The project of the server in front of a pool: its definitions, and the Admin Queries of the example."""
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "amplify", folder / "amplify", ignore=leave)
    for part in ("api", "backend"):
        shutil.copytree(QUERIES / part, folder / "amplify" / part, ignore=leave)
    (folder / "amplify" / "auth" / "pool.py").write_text(f"POOL = {pool!r}\nDELEGATES = {delegates}\n")
    return folder


def pool_of(running: Running) -> dict[str, str]:
    return {
        "user_pool_id": str(running.pool),
        "user_pool_client_id": str(running.client),
        "identity_pool_id": str(running.identity_pool),
    }


@contextmanager
def in_front(
    of: World,
    folder: Path,
    database: str,
    key: tuple[str, str, str] | None = None,
    *,
    delegates: bool = False,
    **more: Any,
) -> Iterator["Front"]:
    """The server in front of `of`, with a master key of its own; `more` are settings."""
    write_project(folder, pool_of(of.running), delegates=delegates)
    settings = dataclasses.replace(SETTINGS, database=database, master_key=OTHER_KEY, **more)
    with ExitStack() as started:
        with configured(of.running.url, key):
            running = started.enter_context(serving(settings, folder))
        yield Front(running, of)


class Front:
    """The server in front, `running`, and the one that it stands in front of, `aws`."""

    def __init__(self, running: Running, aws: World) -> None:
        self.running = running
        self.aws = aws
        self.pool = str(running.pool)

    def wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.running.loop).result(30)

    def send(self, field: str, token: str, operation: str, **request: Any) -> httpx.Response:
        given = {"operation": operation, "request": json.dumps({"UserPoolId": self.pool, **request})}
        body = {"query": PERFORM.format(field=field), "variables": given}
        return self.running.http.post("/graphql", json=body, headers={"authorization": token})

    def perform(self, field: str, who: Person, operation: str, **request: Any) -> Outcome:
        """What the function that answers the field was told, when `who` asks it to do something."""
        answer = self.send(field, who.session.access_token, operation, **request)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        if told["data"][field] is None:
            return Outcome(told["errors"][0]["errorType"], told["errors"][0]["message"])
        return Outcome(**json.loads(told["data"][field]))

    def rest(self, method: str, path: str, token: str, **more: Any) -> httpx.Response:
        return self.running.http.request(method, f"/dev{path}", headers={"authorization": token}, **more)

    def events(self, **wanted: Any) -> list[Event]:
        """Of the audit trail of the server in front, the newest first."""
        found: list[Event] = self.wait(audit.events(self.running.server.services, **wanted))
        return found

    def forget(self) -> None:
        """As if what AWS said were old."""
        pool = self.running.server.services.remote.pool
        assert pool is not None
        self.running.loop.call_soon_threadsafe(pool.members.forget)
