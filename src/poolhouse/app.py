"""The composition root: settings and a Manifest in, an ASGI application out. Every wire is in this file."""

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.routing import Route, Router

from poolhouse import service_model, telemetry
from poolhouse.access import credentials
from poolhouse.access.fields import Guard
from poolhouse.app_edges import lifespan, not_started, template_of, unknown_path
from poolhouse.app_verification import Verification
from poolhouse.config import Settings, is_loopback, kept_files
from poolhouse.crypto import srp
from poolhouse.crypto.vault import Vault
from poolhouse.define.environment import write_env_module
from poolhouse.define.manifest import Manifest
from poolhouse.define.project import load
from poolhouse.errors import DatabaseUnavailable
from poolhouse.functions import Functions, RoleCredentials
from poolhouse.functions.isolation import account, examine, let_in
from poolhouse.messages.contacts import Medium
from poolhouse.messages.delivery import Wakes, deliver
from poolhouse.messages.inbox import messages as inbox_messages
from poolhouse.messages.route import ByMedium, senders
from poolhouse.operations import audit, import_running
from poolhouse.operations.backend import Applied, Change, apply, current
from poolhouse.operations.backend import referenced as references
from poolhouse.operations.backend.master_key import check_master_key, is_marked
from poolhouse.operations.backend.record import Following, sources_of
from poolhouse.operations.backend.specs import specs
from poolhouse.operations.callers import OnBehalf
from poolhouse.operations.context import Services
from poolhouse.operations.cpu_threads import CpuThreads
from poolhouse.operations.custom_messages import CustomSenders
from poolhouse.operations.families import served
from poolhouse.operations.housekeeping import tidy
from poolhouse.operations.principals import principal
from poolhouse.pages import icon
from poolhouse.pages.console import console_routes
from poolhouse.pages.hosted import hosted_routes
from poolhouse.pages.inbox import inbox_page
from poolhouse.protocols.awsjson import AwsJson
from poolhouse.protocols.documents import discovery_routes, health_routes, inbox_routes, json_response
from poolhouse.protocols.gateway.authorizer import Authorizer
from poolhouse.protocols.gateway.endpoint import Gateway
from poolhouse.protocols.gateway.events import Place
from poolhouse.protocols.http import Application, Receive, Scope, Send, header
from poolhouse.protocols.oauth import oauth_routes
from poolhouse.protocols.uploads import upload_routes
from poolhouse.store import secrets
from poolhouse.store.database import open_database
from poolhouse.store.traced import trace

_GRAPHQL = "poolhouse.protocols.graphql.endpoint"
_SESSION_SECONDS = 3600
_TIDY_SECONDS = 60.0
_SECRETS_SECONDS = 1.0
_APPLIED_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 8.0
_ILLEGAL_IN_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


def clock() -> int:
    """The wall clock, in epoch microseconds."""
    return time.time_ns() // 1000


class Server:
    """One process: the services, the functions and every protocol, as one ASGI application.

    `now` is what every rule about time reads. Functions have `credential_seconds` before they fetch new credentials.
    """

    def __init__(
        self,
        settings: Settings,
        project: Path,
        *,
        now: Callable[[], int] = clock,
        credential_seconds: int = _SESSION_SECONDS,
    ) -> None:
        self.settings = settings
        self.project = project.resolve()
        self._generated = self.project / ".amplify" / "generated"
        self.applied: Applied | None = None
        self._credential_seconds = credential_seconds
        self._secrets: tuple[tuple[str, int], ...] = ()
        self._applying = asyncio.Lock()
        self._delivery = Wakes()
        self._tasks: list[asyncio.Task[Any]] = []
        self._cpu = CpuThreads(4)
        self.functions = Functions(
            credentials=self._credentials,
            endpoint_url=settings.inner_url or f"http://{_reachable(settings.host)}:{settings.port}",
            region=settings.region,
            account_id=settings.account_id,
            clock=clock,
            log=_log_function,
            max_workers=settings.max_workers,
            account=account(settings.function_user),
        )
        database = open_database(settings.database, answer_seconds=settings.database_seconds)
        if telemetry.traces.on:
            trace(database, "sqlite" if settings.database.startswith("sqlite") else "postgresql")
        delivered = senders(settings, database)
        self.services = Services(
            settings=settings,
            database=database,
            vault=Vault(settings.master_key),
            clock=now,
            cpu=self._cpu,
            delivers=frozenset(delivered),
            wake_delivery=self._delivery.set,
            functions=self.functions,
        )
        self._following = Following(database, self.project, load)
        self._sender = CustomSenders(self.services, ByMedium(delivered))
        self._aws = AwsJson(self.services, principal)
        self._graphql: Application = not_started
        self._gateway: Gateway | None = None
        self._documents = Router(self._routes(), redirect_slashes=False, default=unknown_path)

    async def start(self, manifest: Manifest, *, allow_destructive: bool = False) -> tuple[list[Change], list[Change]]:
        """Open the database, apply the Manifest and warm up; returns the changes made and those withheld.

        Raises SettingError when the master key is not the one that the database was written with.
        """
        sys.setswitchinterval(0.0005)  # a CPU thread must not wait 5 ms for the loop to let it go on
        srp.prepare()
        await self.services.database.start()
        await check_master_key(self.services.database, self.services.vault)
        await self._look_as_functions(manifest)
        await self.functions.start()
        changes = await self.reload(manifest, allow_destructive=allow_destructive)
        self._keep("warm-up", self.warm_up)
        self._keep("housekeeping", self._tidy)
        self._keep("audit trail", partial(audit.follow, self.services))
        self._keep("audit stream", partial(audit.stream, self.services))
        self._keep("secrets", self._follow_secrets)
        self._keep("applied", self._follow_applied)
        self._keep("imports", partial(import_running.follow, self.services))
        for medium, wake in self._delivery.of.items():
            self._keep(f"delivery of {medium}", partial(self._deliver, medium, wake))
        return changes

    async def reload(self, manifest: Manifest, *, allow_destructive: bool = False) -> tuple[list[Change], list[Change]]:
        """Apply a changed Manifest; requests in flight finish with what they began with."""
        async with self._applying:
            digests = await asyncio.to_thread(sources_of, self.project, manifest)
            applied, made, withheld = await apply(
                self.services, manifest, allow_destructive=allow_destructive, sources=digests
            )
            await self._following.see(manifest.name)
            await self._serve(applied)
        return made, withheld

    async def _look_as_functions(self, manifest: Manifest) -> None:
        if user := account(self.settings.function_user):
            let_in(user, self._generated)
            needed = [self.project / function.entry for function in manifest.functions]
            kept = kept_files(self.settings, self.project)
            await asyncio.to_thread(examine, user, self.project, kept, [*needed, self._generated])

    async def _serve(self, applied: Applied) -> None:
        manifest, settings = applied.manifest, self.settings
        reference, rules = references.reference_of(manifest), references.rules_of(manifest, settings)
        await self.services.remote.refer(reference, settings, rules, self.services.clock)
        self._secrets = await self._secret_versions()
        wanted = await specs(self.services, applied, self.project)
        for spec in wanted:
            write_env_module(self._generated, spec.name, sorted(spec.environment))
        if user := account(self.settings.function_user):
            let_in(user, self._generated)
        await self.functions.apply(wanted)
        self._graphql = self._new_graphql(applied)
        self._gateway = self._new_gateway(applied)
        self.applied = applied

    async def stop(self) -> None:
        """End every task and worker, then the database."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.functions.stop()
        await audit.flush(self.services, final=True)
        self.services.remote.close()
        await self.services.database.stop()
        self._cpu.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await lifespan(scope, receive, send)
        elif scope["path"] == "/":
            await self._aws(scope, receive, send)
        elif scope["path"] == "/graphql":
            await self._graphql(scope, receive, send)
        elif self._gateway is not None and self._gateway.covers(scope["path"]):
            await self._gateway(scope, receive, send)
        elif scope["path"].startswith(("/inbox", "/console")) and not self._is_addressed(scope):
            refusal = json_response({"message": "This page answers only under its own address."}, 403, {})
            await refusal(scope, receive, send)
        else:
            await self._documents(scope, receive, send)

    def route_of(self, scope: Scope) -> str:
        """The template of the path that a request asks for, for traces; empty where nothing is served."""
        return template_of(scope, self._gateway, self._documents)

    def _is_addressed(self, scope: Scope) -> bool:
        """Whether the request names this server, and not a foreign name that resolves to it (DNS rebinding)."""
        with suppress(ValueError):
            host = urlsplit(f"//{header(scope, b'host').decode('latin-1')}").hostname or ""
            return is_loopback(host) or host == urlsplit(self.settings.public_url).hostname
        return False

    def _routes(self) -> list[Route]:
        routes = [*health_routes(self._ready), *discovery_routes(self.services)]
        routes += [*oauth_routes(self.services), *hosted_routes(self.services), *upload_routes(self.services)]
        routes += [*icon.routes(), *console_routes(self.services, lambda: self.applied)]
        if self.settings.development:
            routes += [*inbox_routes(self._inbox), inbox_page(self._inbox)]
        return routes

    async def _ready(self) -> bool:
        """Whether the database answers and a Manifest is applied."""
        return self.applied is not None and await is_marked(self.services.database)

    async def _inbox(self, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        return await inbox_messages(
            self.services.database,
            self.services.vault,
            username=wanted.get("username") or None,
            destination=wanted.get("destination") or None,
            pool=wanted.get("pool") or None,
        )

    def _credentials(self, role_arn: str, function: str) -> RoleCredentials:
        name = _ILLEGAL_IN_SESSION_NAME.sub("-", function)[:64].ljust(2, "-")
        grant = credentials.SessionGrant(role_arn, name)
        services = self.services
        return RoleCredentials(*credentials.issue(services.vault, grant, services.clock(), self._credential_seconds))

    def _new_graphql(self, applied: Applied) -> "_GraphQL":
        """Built at once when its library is loaded already, so that a schema it refuses is a refused reload."""
        made = _GraphQL(self, applied)
        if _GRAPHQL in sys.modules:
            made.build()
        return made

    def _new_gateway(self, applied: Applied) -> Gateway:
        settings, ids = self.settings, applied.rest_apis
        places = [
            Place(api=api, api_id=ids[api.name], account_id=settings.account_id, public_url=settings.public_url)
            for api in applied.manifest.rest_apis
        ]
        verification = Verification(self.services, applied)
        return Gateway(
            places,
            authorizer=Authorizer(verification, applied.client_id or "", live_groups=settings.live_groups),
            invoker=OnBehalf(self.services, self.functions, applied.function_roles),
            clock=self.services.clock,
            log=_log_gateway,
            edge=audit.Edge(self.services, "rest"),
        )

    async def _secret_versions(self) -> tuple[tuple[str, int], ...]:
        async with self.services.database.read() as tx:
            return tuple((found.name, found.modified) for found in await secrets.every(tx))

    async def warm_up(self) -> None:
        """What would make first requests slow, done after the start: decoders, and importing the GraphQL library."""
        for service, name in sorted(served()):
            if operation := service_model.operation(service, name):
                service_model.prepare([operation])
                await asyncio.sleep(0)
        await asyncio.to_thread(import_module, _GRAPHQL)

    def _keep(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Run `work` in the background; a failure is logged and it is begun again."""
        self._tasks.append(asyncio.create_task(_persist(name, work), name=name))

    async def _tidy(self) -> None:
        while True:
            removed = await tidy(self.services)
            await asyncio.sleep(0 if removed else _TIDY_SECONDS)

    async def _deliver(self, medium: Medium, wake: asyncio.Event) -> None:
        services = self.services
        await deliver(services.database, services.vault, self._sender, medium, wake, services.clock)

    async def _follow_secrets(self) -> None:
        """A secret that another process sets reaches the functions within a second or so."""
        while True:
            await asyncio.sleep(_SECRETS_SECONDS)
            versions = await self._secret_versions()
            async with self._applying:
                if self.applied and versions != self._secrets:
                    await self.functions.apply(await specs(self.services, self.applied, self.project))
                    self._secrets = versions

    async def _follow_applied(self) -> None:
        """What `poolhouse push` applies is served within a second or so, where the project's files are the same."""
        assert self.applied is not None
        backend = self.applied.backend
        while True:
            await asyncio.sleep(_APPLIED_SECONDS)
            if (manifest := await self._following.news(backend)) is not None:
                async with self._applying:
                    services = self.services
                    await self._serve(await current(services.settings, services.database, services.vault, manifest))
                telemetry.log.info("took over what another process applied")


class _GraphQL:
    """The GraphQL endpoint of one applied Manifest. Its library is slow to import, so that happens after the start."""

    def __init__(self, server: Server, applied: Applied) -> None:
        self._server = server
        self._applied = applied
        self._endpoint: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._endpoint or self.build())(scope, receive, send)

    def build(self) -> Application:
        from poolhouse.protocols.graphql.endpoint import GraphQLEndpoint

        settings = self._server.settings
        self._endpoint = GraphQLEndpoint(
            self._applied.manifest,
            verification=Verification(self._server.services, self._applied),
            invoker=OnBehalf(self._server.services, self._server.functions, self._applied.function_roles),
            guard=Guard(api_id=self._applied.api_id or "", live_groups=settings.live_groups),
            log=_log_graphql,
            development=settings.development,
            edge=audit.Edge(self._server.services, "graphql"),
        )
        return self._endpoint


async def _persist(name: str, work: Callable[[], Awaitable[object]]) -> None:
    pause = _RETRY_SECONDS
    while True:
        try:
            await work()
        except DatabaseUnavailable:  # which the store has logged
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_RETRY_SECONDS)
        except Exception:  # noqa: BLE001 - a worker loop: what goes wrong once must not end it
            telemetry.log.exception("background work failed", work=name)
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return


def _reachable(host: str) -> str:
    """The address by which this machine's own processes reach the server."""
    return "127.0.0.1" if host in {"0.0.0.0", "", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104 - compared


def _log_graphql(event: str, **facts: Any) -> None:
    report = telemetry.log.error if event == "graphql.fault" else telemetry.log.info
    report(event, **facts)


def _log_gateway(event: str, **facts: Any) -> None:
    report = telemetry.log.info if event == "gateway.refused" else telemetry.log.error
    report(event, **facts)


def _log_function(function: str, request_id: str, line: str) -> None:
    telemetry.log.info("function", function=function, request_id=request_id, line=line)
