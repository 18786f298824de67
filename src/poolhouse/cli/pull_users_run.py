"""A pull from its first page to its summary: the other pool asked, the database told, the person shown."""

import sys
from array import array
from typing import Any, NamedTuple, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.cli.pull_users_source import Place, Source, StalePage, check_fits
from poolhouse.cli.tables import print_json, printable
from poolhouse.deploy.push.refusals import explained
from poolhouse.operations import pulling
from poolhouse.operations.pulling import Journal, Pull

_BETWEEN_LINES = 2_000_000
_SHOWN = 20
_USERS = ("added", "updated", "unchanged", "arrived", "failed")


class Wanted(NamedTuple):
    """What the options say."""

    source: Place
    groups: bool
    dry_run: bool
    without: tuple[str, ...]


class Pulled(NamedTuple):
    """What became of it. `rate` is users a second in this run; `has_trigger` when passwords can follow."""

    journal: Journal
    users: int
    rate: float
    has_trigger: bool


def pull(where: Where, wanted: Wanted) -> Pulled:
    """Raises UserError."""

    async def work(administration: Administration) -> Pulled:
        return await _pull(administration, wanted)

    with explained("cognito-idp", wanted.source.profile):
        return visit(where, work)


async def _pull(administration: Administration, wanted: Wanted) -> Pulled:
    services, pool, source_id = administration.services, await administration.pool(), wanted.source.pool_id
    source = Source(wanted.source, wanted.without)
    described = await source.described()
    check_fits(pool, described, wanted.without)
    cause = await administration.cause(source_id)
    running, goes_on = await pulling.begin(services, pool, source_id, cause, dry_run=wanted.dry_run)
    if not wanted.dry_run:
        async with services.database.write() as tx:
            await administration.did(tx, "PullUsers", source_id, Run=cause.run, GoesOn=goes_on, Groups=wanted.groups)
    if goes_on:
        typer.echo("Going on with the pull that was interrupted.", err=True)
    with _Shown(services.clock, described.get("EstimatedNumberOfUsers", 0), _settled(running)) as shown:
        names = await _groups(running, source) if wanted.groups else []
        await _users(running, source, shown)
        await _memberships(running, source, names)
        await running.done()
        return Pulled(running.state, shown.users, shown.rate(), pool.settings.LambdaConfig.UserMigration is not None)


async def _groups(running: Pull, source: Source) -> list[str]:
    names: list[str] = []
    running.groups_again()
    async for page in source.groups():
        await running.groups(page)
        names += [group["GroupName"] for group in page]
    return sorted(names)


async def _users(running: Pull, source: Source, shown: "_Shown") -> None:
    while running.state.phase == "users":
        try:
            people, following = await source.users(running.state.token)
        except StalePage:
            typer.echo("The old pool has forgotten where the list was; reading it from its start.", err=True)
            running.from_the_start()
            continue
        await running.users(people, following)
        shown.settled(_settled(running), len(people))


async def _memberships(running: Pull, source: Source, names: list[str]) -> None:
    """Of the groups behind the last one that is done."""
    for name in [each for each in names if each > running.state.group]:
        found = array("q")
        async for subs in source.members(name):
            await running.members(name, subs, found)
        await running.no_more_members(name, found)


def _settled(running: Pull) -> int:
    return sum(running.state.counts.get(name, 0) for name in _USERS)


class _Shown:
    """How far it is, on standard error: a bar on a terminal, a line every two seconds elsewhere."""

    def __init__(self, clock: Any, total: int, before: int) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("Pulling"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]} users/s"))
        self._bar = Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("pull", total=total, completed=before, rate="-")
        self._clock, self._total, self.users = clock, total, 0
        self._began = self._said = clock()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def settled(self, count: int, page: int) -> None:
        self.users += page
        total, now = max(self._total, count), self._clock()  # AWS only estimates the number
        self._bar.update(self._task, completed=count, total=total, rate=f"{self.rate():,.0f}")
        if self._bar.disable and now - self._said >= _BETWEEN_LINES:
            self._said = now
            print(f"{count:,} of about {total:,} users, {self.rate():,.0f} a second", file=sys.stderr)

    def rate(self) -> float:
        elapsed = self._clock() - self._began
        return self.users * 1_000_000 / elapsed if elapsed else 0.0


# --- the end -----------------------------------------------------------------------------------------------

_NOTES = {
    "roles_left_out": "groups have a role at AWS, which was left out: give them one of this account if they need it.",
    "without_SOFTWARE_TOKEN_MFA": "users have an authenticator, whose secret AWS does not give away: until they set up "
    "a new one they sign in with the password alone, unless the pool requires a second factor.",
    "without_SMS_MFA": "users have codes by SMS as second factor, which this pool does not ask for.",
    "without_EMAIL_OTP": "users have codes by mail as second factor, which this pool does not ask for.",
    "arrived": "users have a password of this pool already and were left as they are.",
    "memberships_without_user": "memberships are of users that were not pulled.",
}


def show(pulled: Pulled, *, as_json: bool, dry_run: bool) -> None:
    """What became of it; whatever is not perfect, on standard error."""
    journal, counts = pulled.journal, pulled.journal.counts
    if as_json:
        failures = [{"username": each.username, "reason": each.reason} for each in journal.failures]
        rate = round(pulled.rate, 1)
        return print_json({"dry_run": dry_run, "counts": counts, "users_per_second": rate, "failures": failures})
    would = "Would pull" if dry_run else "Pulled"
    typer.echo(f"{would} users: {_line(counts, '', _USERS)}.")
    typer.echo(f"Groups: {_line(counts, 'groups_', ('added', 'updated', 'unchanged'))}.")
    typer.echo(f"Memberships: {_line(counts, 'memberships_', ('added', 'removed', 'unchanged'))}.")
    typer.echo(f"{pulled.users:,} users in this run, {pulled.rate:,.0f} a second.")
    for name, text in _NOTES.items():
        if counts.get(name):
            typer.echo(f"  {counts[name]:,} {text}", err=True)
    for failure in journal.failures[:_SHOWN]:
        typer.echo(f"  {printable(failure.username)}: {printable(failure.reason)}", err=True)
    if not pulled.has_trigger:
        typer.echo("  Passwords cannot follow yet: the pool has no user_migration. See --write-trigger.", err=True)
    return None


def _line(counts: dict[str, int], prefix: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"{counts.get(prefix + name, 0):,} {name}" for name in names)
