"""What must be true after every kill: all that was acknowledged, nothing that nobody asked for, one record for each."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from poolhouse.crypto.vault import Vault
from poolhouse.operations import audit
from poolhouse.operations.backend.master_key import check_master_key
from poolhouse.store.database import open_database

from .soak_ledger import Key, Ledger, Wrong
from .soak_load import GROUPS, Line, Target

_GLANCES = 6
# What a row that one of them finds would mean.
_TORN = {
    "the counted users are not the users": """
        SELECT 1 FROM pools p WHERE (SELECT coalesce(sum(c.users), 0) FROM pool_counts c WHERE c.pool_id = p.id)
        <> (SELECT count(*) FROM users u WHERE u.pool_id = p.id)""",
    "a user without a sign-in name": """
        SELECT 1 FROM users u WHERE NOT EXISTS (SELECT 1 FROM user_aliases a WHERE a.user_id = u.id)""",
    "a user who cannot be searched": """
        SELECT 1 FROM users u
        WHERE NOT EXISTS (SELECT 1 FROM user_search s WHERE s.user_id = u.id AND s.name = 'email')""",
    "a confirmed user without a credential": """
        SELECT 1 FROM users WHERE status = 'CONFIRMED' AND credential IS NULL""",
    "a membership of nobody": """
        SELECT 1 FROM memberships m WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id)""",
}
_EVENTS = "SELECT id, operation, body FROM audit_events WHERE result = 'ok' AND id > {after} ORDER BY id"


class Check:
    """Compares the ledger with the server and the database, again and again."""

    def __init__(self, target: Target, ledger: Ledger, url: str, master_key: bytes) -> None:
        self.target = target
        self.records = 0
        self._ledger = ledger
        self._url = url
        self._vault = Vault(master_key)
        self._seen = 0
        self._ids: set[str] = set()

    @property
    def actions(self) -> int:
        """How many were acknowledged so far."""
        return self._ledger.actions

    async def begin(self) -> None:
        """What is in the trail so far is not the load's."""
        rows = await self._select(_EVENTS.format(after=0))
        self._seen = max((int(row[0]) for row in rows), default=0)

    async def run(self) -> None:
        """Raises Wrong."""
        line = Line(self.target.port)
        try:
            await self._people(line)
            await self._groups(line)
            await self._clients(line)
            rows = await self._select(_EVENTS.format(after=self._seen))
            self._records(rows)
            await self._credentials(line)
        finally:
            line.close()
        self._seen = max([self._seen, *(int(row[0]) for row in await self._select(_EVENTS.format(after=self._seen)))])
        await self._rows()
        await self._trail()

    async def _people(self, line: Line) -> None:
        found: dict[str, str | None] = {}
        async for user in self._every(line, "ListUsers", "Users", "PaginationToken"):
            said = {one["Name"]: one["Value"] for one in user["Attributes"]}
            found[said["email"]] = said.get("nickname")
            self._ledger.names[user["Username"]] = said["email"]
        for key in self._ledger.keys("user"):
            self._ledger.read(key, True if key[1] in found else None)
        known = {key[1] for key in self._ledger.keys("user")}
        if strangers := [name for name in found if name not in known and name.startswith("p")]:
            raise Wrong(f"users that nobody made, or that were deleted: {strangers}")
        for key in self._ledger.keys("user"):
            if self._ledger.value(key) is None:
                for kind in ("group", "nickname", "password", "refresh"):
                    self._ledger.forget(kind, key[1])
        for key in self._ledger.keys("nickname"):
            self._ledger.read(key, found[key[1]])

    async def _groups(self, line: Line) -> None:
        for group in GROUPS:
            members = set()
            async for user in self._every(line, "ListUsersInGroup", "Users", "NextToken", GroupName=group):
                members |= {one["Value"] for one in user["Attributes"] if one["Name"] == "email"}
            mine = [key for key in self._ledger.keys("group") if key[2] == group]
            for key in mine:
                self._ledger.read(key, True if key[1] in members else None)
            if strangers := members - {key[1] for key in mine}:
                raise Wrong(f"members of {group} whom nobody put there: {strangers}")

    async def _clients(self, line: Line) -> None:
        found = {}
        async for one in self._every(line, "ListUserPoolClients", "UserPoolClients", "NextToken"):
            found[one["ClientName"]] = one["ClientId"]
        for key in self._ledger.keys("client"):
            secret = await self._secret(line, found[key[1]]) if key[1] in found else None
            allowed = self._ledger.possible[key]
            if secret is not None and "?" in allowed:
                allowed.add(secret)
            self._ledger.read(key, secret)
            if secret is None:
                self._ledger.forget(*key)

    async def _secret(self, line: Line, client_id: str) -> tuple[str, str]:
        answer = await line.send(self.target.call("DescribeUserPoolClient", ClientId=client_id))
        return client_id, answer.body["UserPoolClient"]["ClientSecret"]

    def _records(self, rows: Sequence[Sequence[Any]]) -> None:
        """Each acknowledged action has exactly one record, and each record an action that was done."""
        found: Counter[tuple[str, str]] = Counter()
        ids: Counter[str] = Counter()
        for _, operation, text in rows:
            body = msgspec.json.decode(text)
            asked = body.get("request", {})
            name = asked.get("Username") or asked.get("ClientName") or asked.get("ClientId") or body.get("username", "")
            found[operation, self._ledger.names.get(name, name)] += 1
            ids[body["request_id"]] += 1
        self._compare(found)
        if again := [one for one, times in ids.items() if times > 1 or one in self._ids]:
            raise Wrong(f"requests with more than one record: {again}")
        if gone := self._ledger.request_ids - ids.keys():
            raise Wrong(f"acknowledged requests without a record: {gone}")
        self._ids |= ids.keys()
        self.records += len(rows)
        self._ledger.told.clear()
        self._ledger.unsure.clear()
        self._ledger.request_ids.clear()

    def _compare(self, found: Counter[tuple[str, str]]) -> None:
        """An unanswered action left its record if it was done, and none if it was not."""
        wanted = Counter(self._ledger.told)
        for action in self._ledger.unsure:
            mark = (action.operation, action.name)
            extra = found[mark] - wanted[mark] if action.operation else 0
            if extra not in (0, 1):
                raise Wrong(f"{mark} was sent once and has {extra} records more than were acknowledged")
            wanted[mark] += extra
            for key, value in action.facts.items():
                self._settle(key, value, was_recorded=bool(extra))
        if found != wanted:
            raise Wrong(f"records too many {found - wanted}, missing {wanted - found}")

    def _settle(self, key: Key, value: Any, *, was_recorded: bool) -> None:
        """What can be looked at was; which password holds is to be what the record says."""
        allowed = self._ledger.possible.get(key, {None})
        if len(allowed) > 1:
            self._ledger.possible[key] = {value} if was_recorded else allowed - {value}
        elif value is not None and value != "?" and (allowed == {value}) != was_recorded:
            raise Wrong(f"{key} is {allowed}, and the record of what would make it {value!r}: {was_recorded}")

    async def _credentials(self, line: Line) -> None:
        """The passwords and refresh tokens that are newest still let in, those under way among them."""
        for key in self._ledger.keys("password")[-_GLANCES:]:
            password = self._ledger.value(key)
            if password is not None and not await self._lets_in(line, key[1], password):
                raise Wrong(f"the password of {key[1]} does not let in")
        for key in self._ledger.keys("refresh")[-_GLANCES:]:
            token = self._ledger.value(key)
            answer = await line.send(self.target.public("GetTokensFromRefreshToken", RefreshToken=token))
            if answer.status != 200:
                raise Wrong(f"the refresh token of {key[1]} is refused: {answer.body}")

    async def _lets_in(self, line: Line, name: str, password: str) -> bool:
        parameters = {"USERNAME": name, "PASSWORD": password}
        request = self.target.public("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
        return (await line.send(request)).status == 200

    async def _rows(self) -> None:
        for what, statement in _TORN.items():
            if await self._select(f"{statement} LIMIT 1"):
                raise Wrong(f"torn: {what}")
        if self._url.startswith("sqlite"):
            if (said := await self._select("PRAGMA quick_check")) != [("ok",)]:
                raise Wrong(f"the file is damaged: {said}")
            if said := await self._select("PRAGMA foreign_key_check"):
                raise Wrong(f"rows that belong to nothing: {said}")

    async def _trail(self) -> None:
        database = open_database(self._url)
        await database.start()
        try:
            await check_master_key(database, self._vault)
            report = await audit.verify(database, self._vault)
        finally:
            await database.stop()
        if report.problem is not None:
            raise Wrong(f"the audit trail is broken: {report.problem}")

    async def _every(self, line: Line, operation: str, member: str, mark: str, **request: Any) -> Any:
        token: dict[str, Any] = {}
        while True:
            limit = {"MaxResults": 60} if operation == "ListUserPoolClients" else {"Limit": 60}
            answer = await line.send(self.target.call(operation, **limit, **request, **token))
            if answer.status != 200:
                raise Wrong(f"{operation}: {answer.status} {answer.body}")
            for one in answer.body[member]:
                yield one
            if not answer.body.get(mark):
                return
            token = {mark: answer.body[mark]}

    async def _select(self, statement: str) -> Sequence[Sequence[Any]]:
        if self._url.startswith("sqlite"):
            connection = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=30)
            try:
                return connection.execute(statement).fetchall()
            finally:
                connection.close()
        opened = await asyncpg.connect(self._url)
        try:
            return [tuple(row) for row in await opened.fetch(statement)]
        finally:
            await opened.close()
