"""`poolhouse dev` and `poolhouse serve`: bind, load, start, watch, stop."""

import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from watchfiles import Change as FileChange
from watchfiles import DefaultFilter, awatch

from poolhouse import outputs, service_model, telemetry
from poolhouse.app import Server, clock
from poolhouse.cli.definitions import Definitions
from poolhouse.cli.limits import raise_open_files
from poolhouse.cli.renewing import heed_hangups
from poolhouse.cli.screen import show
from poolhouse.cli.serving import uvicorn_server
from poolhouse.cli.tls import Secured, hints, secure
from poolhouse.cli.tracing import tracing
from poolhouse.cli.whereabouts import reached, recorded
from poolhouse.cli.workers import supervise
from poolhouse.config import Mode, Settings, load, plain_text
from poolhouse.crypto.vault import Vault
from poolhouse.define.manifest import ADMIN_QUERIES, Manifest
from poolhouse.define.project import load as load_manifest
from poolhouse.define.types import write_schema_types
from poolhouse.errors import SettingError, UserError
from poolhouse.functions.isolation import close_process
from poolhouse.operations.backend import Applied, Change, current
from poolhouse.operations.backend.master_key import check_master_key
from poolhouse.operations.backend.specs import is_source
from poolhouse.operations.console import links
from poolhouse.operations.remote.aws import configured_url
from poolhouse.store.database import open_database

Overrides = Mapping[str, object]
_CONSOLE = "The console's link is good once, for five minutes. For another one: poolhouse console-link"
_FILES = "The clients' files of the project name this one now."


def run_dev(project: Path, definitions: Definitions, overrides: Overrides, *, allow_destructive: bool) -> None:
    """The development server; returns after Ctrl-C with every worker gone."""
    close_process()
    manifest = definitions.manifest()
    settings, bound = _prepare("dev", project, overrides)
    with bound, tracing():
        settings, secured = secure(settings, project, clock())
        _run(_Development(settings, project, secured, allow_destructive=allow_destructive).run(manifest, bound))


def run_serve(
    project: Path,
    definitions: Definitions,
    overrides: Overrides,
    *,
    workers: int,
    allow_destructive: bool,
    inherited: int | None,
    number: int = 0,
) -> None:
    """The production server: one process, or several that share the socket `inherited` and the database.

    Of several, each serves its metrics on a port of its own: the one that is set, and those behind it, by `number`.
    """
    close_process()
    manifest = definitions.manifest()
    settings, bound = _prepare("serve", project, overrides, inherited)
    raise_open_files()
    if os.geteuid() == 0 and not settings.function_user:
        telemetry.log.warning("functions run as root", remedy="POOLHOUSE_FUNCTION_USER")
    with bound:
        if workers > 1:
            if not settings.database.startswith("postgres"):
                raise SettingError(
                    "SQLite has one writer, so it serves one process.", resolution="Use --workers 1, or PostgreSQL."
                )
            given = _arguments(project, overrides, bound, destructive=allow_destructive)
            sys.exit(supervise(workers, bound, given, renews=bool(settings.tls_cert)))
        settings, secured = secure(settings, project, clock())
        heed_hangups(secured.given if secured else None)
        with tracing(), _inner(secured) as inner:
            if inner is not None:
                settings = replace(settings, inner_url=f"http://127.0.0.1:{inner.getsockname()[1]}")
            server, supervised = Server(settings, project), inherited is not None
            rules = {"allow_destructive": allow_destructive, "supervised": supervised}
            _run(_production(server, manifest, bound, secured, inner, **rules, number=number))


def _inner(secured: Secured | None) -> AbstractContextManager[socket.socket | None]:
    """Where plain HTTP is spoken outside already: a socket for the functions' own requests."""
    return socket.create_server(("127.0.0.1", 0)) if secured is None else nullcontext()


def _run(main: Any) -> None:
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(main)


def _new_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


def _arguments(project: Path, overrides: Overrides, bound: socket.socket, *, destructive: bool) -> list[str]:
    """What a worker is started with. What came from the environment stays there, out of the list of processes."""
    given = {**overrides, "project": project, "port": bound.getsockname()[1]}
    options = {f"--{name.replace('_', '-')}": str(value) for name, value in given.items() if value is not None}
    arguments = [text for option in options.items() for text in option]
    return [*arguments, "--allow-destructive"] if destructive else arguments


def _prepare(
    mode: Mode, project: Path, overrides: Overrides, inherited: int | None = None
) -> tuple[Settings, socket.socket]:
    """Bind first, so that port 0 is known to everything that needs the address."""
    settings = load(mode, project, overrides)
    sensitive = service_model.sensitive_members()
    telemetry.configure(settings.log_level, settings.log_format, sensitive, plain=plain_text())
    bound = bind(settings.host, settings.port) if inherited is None else socket.socket(fileno=inherited)
    port = bound.getsockname()[1]
    return (settings if port == settings.port else load(mode, project, {**overrides, "port": port})), bound


def bind(host: str, port: int) -> socket.socket:
    """A bound socket. Raises SettingError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so that Nagle's delay is switched off
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise SettingError(
            f"Port {port} on {host} cannot be used ({error.strerror}).", resolution=_unbound(error)
        ) from error
    bound.set_inheritable(True)
    return bound


def _unbound(error: OSError) -> str:
    """What to do: it is the host, the right to the port, or who has it already."""
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "Name an address of this machine with --host: 127.0.0.1 for itself alone, 0.0.0.0 for all its networks."
    if error.errno == errno.EACCES:
        return "Choose a port from 1024 on with --port; those below take an administrator's rights."
    return "Stop what runs there, or choose another one with --port (0 takes a free one)."


async def _production(
    server: Server,
    manifest: Manifest,
    bound: socket.socket,
    secured: Secured | None,
    inner: socket.socket | None,
    *,
    allow_destructive: bool,
    supervised: bool,
    number: int,
) -> None:
    settings = server.settings
    if supervised:
        _end_with_supervisor()
    start_metrics(settings, number)
    try:
        made, withheld = await server.start(manifest, allow_destructive=allow_destructive)
        for change in made:
            telemetry.log.info("applied", change=str(change))
        for change in withheld:
            telemetry.log.warning("withheld", change=str(change), remedy="--allow-destructive")
        urls = rest_urls(manifest, settings.public_url)
        ready = lambda: telemetry.log.info("ready", url=settings.public_url, **({"rest": urls} if urls else {}))  # noqa: E731 - one line of the log
        serving = uvicorn_server(server, ready, secured, inner)
        await serving.serve(sockets=[bound])
    finally:
        await server.stop()


def _end_with_supervisor() -> None:
    """A worker's standard input is a pipe that ends when its supervisor does, however that ended."""
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(sys.stdin)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(sys.stdin, gone)


def rest_urls(manifest: Manifest, public_url: str) -> dict[str, str]:
    """The addresses of the REST APIs by name; clients know that of Admin Queries as its RootUrl."""
    names = {api.name: "Admin Queries" if api.name == ADMIN_QUERIES else api.name for api in manifest.rest_apis}
    return {names[api.name]: f"{public_url}{api.root}" for api in manifest.rest_apis}


def start_metrics(settings: Settings, number: int = 0) -> None:
    """Prometheus metrics on their own port, when one is set. Raises SettingError when it cannot be had."""
    if settings.metrics_port:
        from prometheus_client import start_http_server

        port = settings.metrics_port + number
        try:
            start_http_server(port, settings.host, telemetry.REGISTRY)
        except (OSError, OverflowError) as error:
            raise SettingError(
                f"Port {port} on {settings.host} cannot be used for metrics ({error}).",
                resolution="Choose another POOLHOUSE_METRICS_PORT; each of several workers takes one, from there on.",
            ) from error


def write_for(
    settings: Settings,
    applied: Applied,
    folder: Path,
    formats: tuple[str, ...] = outputs.DEFAULT_FORMATS,
) -> tuple[Path, ...]:
    """Write client files of an applied backend, by the names of their formats; returns those that changed."""
    reference = applied.manifest.auth.reference if applied.manifest.auth else None
    return outputs.write_outputs(
        folder,
        applied.manifest,
        outputs.Applied(
            region=settings.region,
            user_pool_id=applied.pool_id,
            user_pool_client_id=applied.client_id,
            identity_pool_id=applied.identity_pool_id,
            base_url=settings.public_url,
            pool_url=None if reference is None else configured_url(reference.region),
            api_key=applied.api_key.value if applied.api_key else None,
        ),
        formats,
    )


def write_client_files(project: Path, folder: Path, overrides: Overrides, formats: tuple[str, ...]) -> list[Path]:
    """The client files of a backend that `dev` or `serve` has applied before. Changes nothing in the database."""
    settings = reached(load("dev", project, overrides), project, overrides)
    manifest = load_manifest(project)
    applied = asyncio.run(applied_of(settings, manifest))
    if manifest.auth is not None and applied.pool_id is None:
        raise UserError(
            "This backend was never applied to this database.",
            resolution="Run poolhouse dev or poolhouse serve once, with the same --database.",
        )
    write_for(settings, applied, folder, formats)
    return [folder / outputs.FORMATS[name].file for name in formats]


async def applied_of(settings: Settings, manifest: Manifest) -> Applied:
    """What the Manifest became in the database. Raises SettingError for another master key."""
    database, vault = open_database(settings.database), Vault(settings.master_key)
    try:
        await database.start()
        await check_master_key(database, vault)
        return await current(settings, database, vault, manifest)
    finally:
        await database.stop()


class _Sources(DefaultFilter):
    """The files that a reload depends on."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __call__(self, change: FileChange, path: str) -> bool:
        return is_source(Path(path).relative_to(self._folder)) and super().__call__(change, path)


class _Development:
    """One run of `poolhouse dev`."""

    def __init__(self, settings: Settings, project: Path, secured: Secured | None, *, allow_destructive: bool) -> None:
        self._settings = settings
        self._secured = secured
        self._project = project
        self._destructive = allow_destructive
        self._server = Server(settings, project)

    async def run(self, manifest: Manifest, bound: socket.socket) -> None:
        stop = asyncio.Event()
        start_metrics(self._settings)
        watching = None
        try:
            self._tell(*await self._server.start(manifest, allow_destructive=self._destructive))
            self._write()
            watching = asyncio.create_task(self._watch(stop))
            with recorded(self._project, self._settings.database, self._settings.public_url) as other:
                if other:
                    typer.secho(f"Another dev runs on this database, at {other}. {_FILES}", err=True, fg="yellow")
                await uvicorn_server(self._server, self._banner, self._secured).serve(sockets=[bound])
        finally:
            stop.set()
            if watching is not None:
                await watching
            await self._server.stop()

    async def _watch(self, stop: asyncio.Event) -> None:
        """Apply every change of the definitions and handlers; a broken one leaves the last good state."""
        folder = (self._project / "amplify").resolve()
        wanted = _Sources(folder)
        async for _changes in awatch(folder, watch_filter=wanted, stop_event=stop, step=50, debounce=200):
            try:
                manifest = await asyncio.to_thread(load_manifest, self._project)
                self._tell(*await self._server.reload(manifest, allow_destructive=self._destructive))
                self._write()
            except UserError as error:
                show(error)
                typer.secho("The last good definitions stay in force.", err=True, dim=True)
            except Exception:  # noqa: BLE001 - a worker loop: one failed reload must not end all later ones
                telemetry.log.exception("reload failed")
            else:
                typer.secho("Reloaded.", fg="green")

    def _write(self) -> None:
        assert self._server.applied is not None
        write_for(self._settings, self._server.applied, self._project)
        generated = self._project / ".amplify" / "generated"
        write_for(self._settings, self._server.applied, generated, ("python", "ts"))
        write_schema_types(generated, self._server.applied.manifest)

    def _tell(self, made: list[Change], withheld: list[Change]) -> None:
        for change in made:
            typer.echo(f"  {change}")
        for change in withheld:
            kept = typer.style("Kept:", fg="yellow", bold=True)
            typer.echo(f"{kept} {change}. To do it all the same: --allow-destructive", err=True)

    def _banner(self) -> None:
        applied, settings = self._server.applied, self._settings
        assert applied is not None
        rows = {
            "Server": settings.public_url,
            "GraphQL": f"{settings.public_url}/graphql" if applied.manifest.data else None,
            **rest_urls(applied.manifest, settings.public_url),
            "Inbox": f"{settings.public_url}/inbox",
            "Console": links.link(self._server.services.vault, settings.public_url, clock()),
            "User pool": applied.pool_id,
            "App client": applied.client_id,
            "Identity pool": applied.identity_pool_id,
            "Root key": settings.root_access_key_id or None,
            "Root secret": settings.root_secret_access_key or None,
            "Outputs": str(self._project / "amplify_outputs.json"),
        }
        typer.echo(f"\n{typer.style('Poolhouse', bold=True)} is ready. Ctrl-C ends it.\n")
        for name, value in rows.items():
            if value:
                typer.echo(f"  {typer.style(f'{name:<14}', dim=True)} {value}")
        typer.secho(f"\n  {_CONSOLE}", dim=True)
        if self._secured is not None and self._secured.authority is not None:
            typer.echo(f"\n  Clients have to trust {self._secured.authority}:\n")
            for name, value in hints(self._secured.authority):
                typer.echo(f"  {typer.style(f'{name:<17}', dim=True)} {value}")
        typer.echo()
