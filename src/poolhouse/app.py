"""The composition root: settings and a Manifest in, an ASGI application out. Every wire is in this file."""

import asyncio
import re
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path
from typing import Any

from starlette.routing import Route, Router

from poolhouse import service_model, telemetry
from poolhouse.access import credentials
from poolhouse.access.principals import CognitoIdentity, Principal
from poolhouse.access.sigv4 import Request
from poolhouse.config import Settings
from poolhouse.crypto import srp
from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.define.manifest import Manifest
from poolhouse.errors import SettingError
from poolhouse.functions import Functions, RoleCredentials, write_env_module
from poolhouse.messages.delivery import deliver
from poolhouse.messages.inbox import LocalInbox
from poolhouse.messages.inbox import messages as inbox_messages
from poolhouse.operations.backend import Applied, Change, apply
from poolhouse.operations.backend.specs import specs
from poolhouse.operations.bearer import Bearer, bearer
from poolhouse.operations.context import Services
from poolhouse.operations.families import served
from poolhouse.operations.housekeeping import tidy
from poolhouse.operations.live_groups import live_groups
from poolhouse.operations.principals import principal
from poolhouse.pages.inbox import inbox_page
from poolhouse.protocols.awsjson import AwsJson
from poolhouse.protocols.documents import discovery_routes, health_routes, inbox_routes, json_response
from poolhouse.protocols.graphql.authorize import Guard
from poolhouse.protocols.graphql.endpoint import GraphQLEndpoint
from poolhouse.protocols.http import Application, Receive, Scope, Send, preflight
from poolhouse.store import secrets
from poolhouse.store.backend import add_fact, fact
from poolhouse.store.database import open_database

_SESSION_SECONDS = 3600
_MASTER_KEY_FACT = "master-key"
_ILLEGAL_IN_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


def clock() -> int:
    """The wall clock, in epoch microseconds."""
    return time.time_ns() // 1000


class Server:
    """One process: the services, the functions and every protocol, as one ASGI application."""

    def __init__(self, settings: Settings, project: Path) -> None:
        self.settings = settings
        self.project = project
        self.applied: Applied | None = None
        self._secrets: tuple[int, ...] = ()
        self._delivery = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []
        self._cpu = ThreadPoolExecutor(max_workers=4, thread_name_prefix="cpu")
        self.services = Services(
            settings=settings,
            database=open_database(settings.database),
            vault=Vault(settings.master_key),
            clock=clock,
            cpu=self._cpu,
            delivers=settings.development,
            wake_delivery=self._delivery.set,
        )
        self.functions = Functions(
            credentials=self._credentials,
            endpoint_url=f"http://{_reachable(settings.host)}:{settings.port}",
            region=settings.region,
            account_id=settings.account_id,
            clock=clock,
            log=_log_function,
            max_workers=settings.max_workers,
        )
        self._aws = AwsJson(self.services, principal)
        self._graphql: Application = _not_started
        self._documents = Router(self._routes(), default=_unknown_path)

    async def start(self, manifest: Manifest, *, allow_destructive: bool = False) -> tuple[list[Change], list[Change]]:
        """Open the database, apply the Manifest and warm up; returns the changes made and those withheld.

        Raises SettingError when the master key is not the one that the database was written with.
        """
        sys.setswitchinterval(0.0005)  # a CPU thread must not wait 5 ms for the loop to let it go on
        srp.prepare()
        service_model.prepare(op for service, name in served() if (op := service_model.operation(service, name)))
        await self.services.database.start()
        await self._check_master_key()
        await self.functions.start()
        changes = await self.reload(manifest, allow_destructive=allow_destructive)
        self._tasks.append(asyncio.create_task(tidy(self.services)))
        self._tasks.append(asyncio.create_task(self._follow_secrets()))
        if self.settings.development:
            inbox = deliver(self.services.database, self.services.vault, LocalInbox(), self._delivery)
            self._tasks.append(asyncio.create_task(inbox))
        return changes

    async def reload(self, manifest: Manifest, *, allow_destructive: bool = False) -> tuple[list[Change], list[Change]]:
        """Apply a changed Manifest; requests in flight finish with what they began with."""
        applied, made, withheld = await apply(self.services, manifest, allow_destructive=allow_destructive)
        wanted = await specs(self.services, applied, self.project)
        for spec in wanted:
            write_env_module(self.project / ".amplify" / "generated", spec.name, sorted(spec.environment))
        await self.functions.apply(wanted)
        self._graphql = self._graphql_endpoint(applied)
        self.applied = applied
        self._secrets = await self._secret_versions()
        return made, withheld

    async def stop(self) -> None:
        """End every task and worker, then the database."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.functions.stop()
        await self.services.database.stop()
        self._cpu.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _lifespan(scope, receive, send)
        elif scope["path"] == "/":
            await self._aws(scope, receive, send)
        elif scope["path"] == "/graphql":
            await self._graphql(scope, receive, send)
        else:
            await self._documents(scope, receive, send)

    def _routes(self) -> list[Route]:
        routes = [*health_routes(self._ready), *discovery_routes(self.services)]
        if self.settings.development:
            routes += [*inbox_routes(self._inbox), inbox_page(self._inbox)]
        return routes

    async def _ready(self) -> bool:
        """Whether the database answers and a Manifest is applied."""
        if self.applied is None:
            return False
        async with self.services.database.read() as tx:
            return await fact(tx, _MASTER_KEY_FACT) is not None

    async def _inbox(self, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        return await inbox_messages(
            self.services.database,
            self.services.vault,
            username=wanted.get("username") or None,
            destination=wanted.get("destination") or None,
            pool=wanted.get("pool") or None,
        )

    async def _check_master_key(self) -> None:
        """The first start leaves a sealed mark; a later start with another key could read nothing."""
        vault = self.services.vault
        async with self.services.database.write() as tx:
            await add_fact(tx, _MASTER_KEY_FACT, vault.seal(_MASTER_KEY_FACT, b"fits"))
            mark = await fact(tx, _MASTER_KEY_FACT)
        assert mark is not None
        try:
            vault.open(_MASTER_KEY_FACT, mark)
        except BrokenSeal:
            raise SettingError(
                "The master key is not the one that this database was written with.",
                resolution="Give the server the key it had: POOLHOUSE_MASTER_KEY, or .poolhouse/master.key in dev.",
            ) from None

    def _credentials(self, role_arn: str, function: str) -> RoleCredentials:
        name = _ILLEGAL_IN_SESSION_NAME.sub("-", function)[:64].ljust(2, "-")
        grant = credentials.SessionGrant(role_arn, name)
        return RoleCredentials(*credentials.issue(self.services.vault, grant, clock(), _SESSION_SECONDS))

    def _graphql_endpoint(self, applied: Applied) -> Application:
        return GraphQLEndpoint(
            applied.manifest,
            verification=GraphQLVerification(self.services, applied),
            invoker=self.functions,
            guard=Guard(api_id=applied.api_id or "", live_groups=self.settings.live_groups),
            log=telemetry.log.info,
            development=self.settings.development,
        )

    async def _secret_versions(self) -> tuple[int, ...]:
        async with self.services.database.read() as tx:
            return tuple(found.modified for found in await secrets.every(tx))

    async def _follow_secrets(self) -> None:
        """A secret that another process sets reaches the functions within a second or so."""
        while True:
            await asyncio.sleep(1)
            if self.applied and await self._secret_versions() != self._secrets:
                self._secrets = await self._secret_versions()
                await self.functions.apply(await specs(self.services, self.applied, self.project))


class GraphQLVerification:
    """What the GraphQL protocol asks about a caller, answered by the operations."""

    def __init__(self, services: Services, applied: Applied) -> None:
        self._services = services
        self._applied = applied

    async def verify_token(self, token: str) -> Bearer:
        """An access or ID token of this backend's pool."""
        async with self._services.database.read() as tx:
            return await bearer(
                self._services,
                tx,
                token,
                now=self._services.clock(),
                uses=("access", "id"),
                pool_id=self._applied.pool_id or "",
            )

    async def verify_signature(self, request: Request) -> Principal:
        """A request signed for service `appsync`."""
        return await principal(self._services, request, {"appsync"})

    async def live_groups(self, identity: CognitoIdentity) -> tuple[str, ...]:
        return await live_groups(self._services, identity)

    async def api_key_valid(self, key: str) -> bool:
        known = self._applied.api_key
        return (
            known is not None
            and known.expires > self._services.clock()
            and compare_digest(known.value.encode(), key.encode())
        )


async def _lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """The server is started and stopped by its owner; uvicorn only wants to hear that it may go on."""
    if scope["type"] != "lifespan":
        await send({"type": "websocket.close", "code": 1000})
        return
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _not_started(scope: Scope, receive: Receive, send: Send) -> None:
    await json_response({"message": "The server is starting."}, 503)(scope, receive, send)


async def _unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["method"] == "OPTIONS":
        await preflight(send)
    else:
        await json_response({"message": "There is nothing at this path."}, 404)(scope, receive, send)


def _reachable(host: str) -> str:
    """The address by which this machine's own processes reach the server."""
    return "127.0.0.1" if host in {"0.0.0.0", "", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104


def _log_function(function: str, request_id: str, line: str) -> None:
    telemetry.log.info("function", function=function, request_id=request_id, line=line)
