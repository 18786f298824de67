"""Users, groups and memberships of a pool at AWS, settled here page by page. Whoever calls asks AWS for them.

What a page brought and how far the pull has come are one commit, so a pull that was killed goes on where it was. A
pulled user has no password here, only the place of it; from the moment that he has one of his own (`arrivals`, a reset,
an administrator) he belongs to this pool and no pull changes him.
"""

from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

import msgspec

from poolhouse.crypto.codes import new_uuid
from poolhouse.errors import InvalidParameterException, PullRefused, ServiceError, UsernameExistsException
from poolhouse.store import backend, factors, groups, users
from poolhouse.store.database import Transaction
from poolhouse.store.factors import EMAIL, SMS, Factor, Kind, State
from poolhouse.store.pools import Pool
from poolhouse.store.users import Status, User

from . import audit, credentials, import_users, mfa
from .audit import Cause, Effect
from .context import Services
from .credentials import Elsewhere
from .import_users import NewUser

_NAMED_FAILURES: Final = 100
_PAGE: Final = 1000
_STATUSES: Final[Mapping[str, Status]] = {
    "CONFIRMED": "CONFIRMED",
    "UNCONFIRMED": "UNCONFIRMED",
    "FORCE_CHANGE_PASSWORD": "FORCE_CHANGE_PASSWORD",
    "RESET_REQUIRED": "RESET_REQUIRED",
}
_SECOND_FACTORS: Final[tuple[Kind, ...]] = (SMS, EMAIL)
_OF_GROUPS: Final = frozenset({"groups_added", "groups_updated", "groups_unchanged", "roles_left_out"})
_LEFT_THERE: Final = frozenset({"sub", "identities"})
_ARRIVED: Final = "The user has a password of this pool already and was left as he is."
Outcome = Literal["added", "updated", "unchanged", "arrived"]


class Failure(msgspec.Struct, frozen=True):
    """A user who could not be pulled, and why."""

    username: str
    reason: str


class Journal(msgspec.Struct):
    """How far a pull has come; stored as JSON. `token` is the page of users that comes next, `group` the last group
    whose members are done, `newest` the row id behind which users were added by this pull. `counts` says what became of
    how many, and what was left behind.
    """

    run: str
    started: int
    newest: int
    phase: Literal["users", "members", "done"] = "users"
    token: str | None = None
    group: str = ""
    counts: dict[str, int] = {}
    failures: list[Failure] = []


class Incoming(NamedTuple):
    """A user as the other pool shows him. Times are epoch microseconds; `factors` are AWS's names of second factors."""

    username: str
    sub: str
    status: str
    enabled: bool
    attributes: dict[str, str]
    created: int
    factors: tuple[str, ...] = ()


class _Refused(Exception):
    """Somebody, by his place in the page, cannot be pulled."""

    def __init__(self, place: int, failure: Failure, code: str) -> None:
        self.place, self.failure, self.code = place, failure, code


class _Undo(Exception):
    """Ends a block of a dry run."""


def incoming(shown: Mapping[str, Any], second_factors: Sequence[str] = (), *, without: Sequence[str] = ()) -> Incoming:
    """A user out of boto3's answer of ListUsers; `without` are attributes to leave behind."""
    held = {entry["Name"]: entry.get("Value", "") for entry in shown.get("Attributes", ())}
    created: datetime = shown["UserCreateDate"]
    return Incoming(
        username=shown["Username"],
        sub=held.get("sub", ""),
        status=shown.get("UserStatus", ""),
        enabled=shown.get("Enabled", True),
        attributes={name: value for name, value in held.items() if name not in _LEFT_THERE and name not in without},
        created=round(created.timestamp() * 1_000_000),
        factors=tuple(second_factors),
    )


@dataclass(slots=True)
class Pull:
    """One pull from one pool into another. A dry run says what would happen, and leaves nothing behind.

    Whatever it changes, refuses or leaves to this pool is on record, with the `cause`; what is the same already is not.
    """

    services: Services
    pool: Pool
    source: str
    state: Journal
    cause: Cause
    dry_run: bool = False
    _effects: list[Effect] = field(default_factory=list)

    # --- groups --------------------------------------------------------------------------------------------

    def groups_again(self) -> None:
        """A pull that goes on reads the groups from their start."""
        counts = self.state.counts
        self.state.counts = {name: number for name, number in counts.items() if name not in _OF_GROUPS}

    async def groups(self, shown: Sequence[Mapping[str, Any]]) -> None:
        """Name, description and precedence; a role belongs to the other account and stays there."""
        async with self._block() as tx:
            for group in shown:
                outcome = await self._group(tx, group)
                self._count(f"groups_{outcome}")
                self._did("PullGroup", group["GroupName"], outcome)
                if group.get("RoleArn"):
                    self._count("roles_left_out")

    async def _group(self, tx: Transaction, shown: Mapping[str, Any]) -> Outcome:
        name, now = shown["GroupName"], self.services.clock()
        wanted = (shown.get("Description"), shown.get("Precedence"))
        known = await groups.find(tx, self.pool.id, name)
        if known is None:
            await groups.add(tx, self.pool.id, name, description=wanted[0], precedence=wanted[1], now=now)
            return "added"
        if all(value is None or value == held for value, held in zip(wanted, known[3:6:2], strict=True)):
            return "unchanged"
        await groups.change(tx, self.pool.id, name, description=wanted[0], precedence=wanted[1], now=now)
        return "updated"

    # --- users ---------------------------------------------------------------------------------------------

    async def users(self, people: Sequence[Incoming], following: str | None) -> None:
        """Settle a page; `following` is the token of the next one, None behind the last.

        A user who cannot be pulled is left out and named, and the rest of the page is settled without him.
        """
        before, refused = msgspec.json.encode(self.state), dict[int, _Refused]()
        while True:
            try:
                async with self._block() as tx:
                    await self._page(tx, [(place, who) for place, who in enumerate(people) if place not in refused])
                    for error in refused.values():
                        self._failed(error)
                    self.state.token = following
                    self.state.phase = "users" if following else "members"
                return
            except _Refused as error:
                refused[error.place] = error
                self.state = msgspec.json.decode(before, type=Journal)

    async def _page(self, tx: Transaction, people: Sequence[tuple[int, Incoming]]) -> None:
        for place, who in people:
            try:
                outcome = await self._user(tx, who)
            except ServiceError as error:
                failure = Failure(who.username, import_users.refusal(error).message)
                raise _Refused(place, failure, error.code) from error
            self._count(outcome)
            self._did("PullUser", who.sub, outcome, Username=who.username)

    async def _user(self, tx: Transaction, who: Incoming) -> Outcome:
        """Raises what `import_users.add` raises."""
        new = self._new(who)
        known = await users.find(tx, self.pool, who.sub, lock=True)
        if known is None or known.sub != who.sub:
            user = await import_users.add(self.services, tx, self.pool, new, self.services.clock())
            await self._factors(tx, user, who)
            return "added"
        if not self._is_awaited(known):
            return "arrived"
        has_new_factors = await self._factors(tx, known, who)
        return "updated" if await self._update(tx, known, new) or has_new_factors else "unchanged"

    def _new(self, who: Incoming) -> NewUser:
        """Raises InvalidParameterException."""
        status = _STATUSES.get(who.status)
        if status is None:
            raise InvalidParameterException(
                f"Users of the status {who.status or 'UNKNOWN'} have no password to follow."
            )
        if not who.sub:
            raise InvalidParameterException("The user has no sub.")
        return NewUser(
            username=who.username,
            sub=who.sub,
            attributes=who.attributes,
            status=status,
            enabled=who.enabled,
            credential=Elsewhere(self.source),
            created=who.created,
            complete=False,
        )

    async def _update(self, tx: Transaction, user: User, new: NewUser) -> bool:
        """Whether something was different. Somebody who proved a contact here meanwhile stays confirmed."""
        name = import_users.checked(self.pool, new)
        confirmed_here = user.status == "CONFIRMED" and new.status == "UNCONFIRMED"
        status: Status = user.status if confirmed_here else new.status
        before, wanted = users.attributes_of(user), {"sub": user.sub, **name.attributes}
        if (before, user.status, bool(user.enabled)) == (wanted, status, new.enabled):
            return False
        now = self.services.clock()
        await users.change(
            tx,
            self.pool,
            user,
            now,
            status=status,
            enabled=new.enabled,
            attributes=None if before == wanted else wanted,
            tokens_not_before=None if new.enabled else now,
        )
        return True

    async def _factors(self, tx: Transaction, user: User, who: Incoming) -> bool:
        """Whether a second factor that needs no secret was taken over. What cannot be is counted."""
        known, changed = await factors.of_user(tx, user.id), False
        for name in who.factors:
            kind = next((each for each in _SECOND_FACTORS if each == name), None)
            if kind is None or kind not in mfa.may_set_up(self.pool):
                self._count(f"without_{name}")
            elif kind not in known:
                await factors.put(tx, Factor(user.id, kind, None, State(enabled=True), self.services.clock()))
                changed = True
        return changed

    def _is_awaited(self, user: User) -> bool:
        held = credentials.unseal(self.services.vault, user)
        return isinstance(held, Elsewhere) and held.pool_id == self.source

    # --- memberships ---------------------------------------------------------------------------------------

    async def members(self, group_name: str, subs: Sequence[str], found: "array[int]") -> None:
        """Add a page of members, whose row ids go into `found`. Who belongs to this pool by now is left alone, unless
        this pull brought him: then his memberships are still to come.
        """
        async with self._block() as tx:
            group = await groups.find(tx, self.pool.id, group_name)
            for sub in subs:
                user = await users.find(tx, self.pool, sub, lock=True)
                if user is None or group is None:
                    self._count("memberships_added" if self.dry_run else "memberships_without_user")
                    continue
                found.append(user.id)
                if user.id > self.state.newest or self._is_awaited(user):
                    added = await groups.add_member(tx, group.id, user.id, self.services.clock())
                    self._count("memberships_added" if added else "memberships_unchanged")
                    self._did("PullMember", sub, "added" if added else "unchanged", GroupName=group_name)

    async def no_more_members(self, group_name: str, found: "array[int]") -> None:
        """End the memberships of pulled users that the other pool no longer has; the group is done."""
        kept, after = set(found), 0
        while True:
            async with self._block() as tx:
                group = await groups.find(tx, self.pool.id, group_name)
                page = [] if group is None else await groups.members(tx, group.id, after, _PAGE)
                for listed in page:
                    user = None if listed.id in kept else await users.by_id(tx, listed.id, lock=True)
                    if group is not None and user is not None and self._is_awaited(user):
                        await groups.remove_member(tx, group.id, user.id)
                        self._count("memberships_removed")
                        self._did("PullMember", user.sub, "removed", GroupName=group_name)
                if not page:
                    self.state.group = group_name
            if not page:
                return
            after = page[-1].id

    async def done(self) -> None:
        async with self._block():
            self.state.phase = "done"

    def from_the_start(self) -> None:
        """The other pool no longer knows the page that came next; users who are here already count as such."""
        self.state.token, self.state.phase, self.state.group = None, "users", ""

    # --- what is kept of the pull --------------------------------------------------------------------------

    def _count(self, what: str) -> None:
        self.state.counts[what] = self.state.counts.get(what, 0) + 1

    def _failed(self, refused: _Refused) -> None:
        self._count("failed")
        name, reason = refused.failure.username, refused.failure.reason
        self._effects.append(Effect("PullUser", name, {"Username": name}, refused.code, reason))
        if len(self.state.failures) < _NAMED_FAILURES:
            self.state.failures.append(refused.failure)

    def _did(self, operation: str, subject: str, outcome: str, **request: str) -> None:
        """Note for the trail what became of something; nothing, where nothing became of it."""
        if outcome == "arrived":
            self._effects.append(Effect(operation, subject, request, UsernameExistsException.code, _ARRIVED))
        elif outcome != "unchanged":
            self._effects.append(Effect(operation, subject, {**request, "Outcome": outcome}))

    @asynccontextmanager
    async def _block(self) -> AsyncIterator[Transaction]:
        """A write block whose changes are kept with the journal, or not at all; in a dry run not at all."""
        self._effects.clear()
        try:
            async with self.services.database.write() as tx:
                yield tx
                await audit.record_effects(tx, self.services, self.cause, self._effects)
                await self._save(tx)
                if self.dry_run:
                    raise _Undo
        except _Undo:
            return

    async def _save(self, tx: Transaction) -> None:
        """Raises PullRefused when another process began the same pull meanwhile."""
        if self.dry_run:
            return
        name = _fact(self.pool, self.source)
        await backend.lock(tx, name)
        known = await backend.fact(tx, name)
        if known is None or msgspec.json.decode(known, type=Journal).run != self.state.run:
            raise PullRefused(
                "Another process has begun to pull the same users.", resolution="Let one of them go on alone."
            )
        await backend.set_fact(tx, name, msgspec.json.encode(self.state))


async def begin(
    services: Services, pool: Pool, source: str, cause: Cause, *, dry_run: bool = False
) -> tuple[Pull, bool]:
    """The pull that goes on, or a new one, and whether it goes on. It takes over from any other process."""
    async with services.database.write() as tx:
        name = _fact(pool, source)
        await backend.lock(tx, name)
        known = await backend.fact(tx, name)
        state = None if known is None else msgspec.json.decode(known, type=Journal)
        goes_on = state is not None and state.phase != "done" and not dry_run
        if state is None or not goes_on:
            state = Journal(new_uuid(), services.clock(), 0 if known is None else await users.newest(tx, pool.id))
        state.run = new_uuid()
        if not dry_run:
            await backend.set_fact(tx, name, msgspec.json.encode(state))
    return Pull(services, pool, source, state, cause, dry_run), goes_on


def _fact(pool: Pool, source: str) -> str:
    return f"pull:{pool.id}:{source}"
