"""What GraphQL and REST tell of a request: who asked for what, and whether a guard turned him away.

The answer waits for the record of a refusal. Strangers, guests and API keys leave none.
"""

import time
from typing import Final, Literal

from poolhouse import telemetry
from poolhouse.operations.callers import Asker, Handed
from poolhouse.operations.context import Services
from poolhouse.telemetry import Asked

from .recording import access_refused
from .sign_ins import user_arn

Way = Literal["graphql", "rest"]
_MOST_RULES: Final = 10


class Edge:
    """One for each protocol of a server."""

    def __init__(self, services: Services, way: Way) -> None:
        self.services = services
        self.way = way


class Told:
    """One request. `what` is the field or route, `rule` what allowed or refused it; without an edge nobody listens."""

    def __init__(self, edge: Edge | None, request_id: str, address: str) -> None:
        self.request_id = request_id
        self.asker: Asker | Handed | None = None
        self.what = ""
        self.rule = ""
        self.result = "ok"
        self._edge = edge
        self._address = address
        self._denials: list[tuple[str, str]] = []
        self._rules: list[str] = []
        self._started = time.perf_counter()

    def opened(self, rule: str) -> None:
        """A rule said yes. One request may ask for much: the first rules are told."""
        if rule not in self._rules and len(self._rules) < _MOST_RULES:
            self._rules.append(rule)

    def denied(self, what: str, rule: str) -> None:
        """The guard said no; `rule` says what would have opened."""
        self._denials.append((what, rule))

    async def end(self) -> None:
        """Before the answer goes out."""
        if self._edge is None:
            return
        services, way = self._edge.services, self._edge.way
        actor = self._actor(services)
        denials, self._denials = self._denials, []
        for what, rule in denials if actor else ():
            await self._refused(services, way, actor, what, rule)
        result = "AccessDenied" if denials and self.result == "ok" else self.result
        rule = denials[0][1] if denials else self.rule or "; ".join(self._rules)
        spent = (time.perf_counter() - self._started) * 1000
        what = self.what or (denials[0][0] if denials else "")
        telemetry.recent.append(Asked(services.clock(), way, what, actor, result, rule, spent, self.request_id))

    async def _refused(self, services: Services, way: Way, actor: str, what: str, rule: str) -> None:
        asker = self.asker if isinstance(self.asker, Asker) else None
        await access_refused(
            services,
            actor=actor,
            pool_id=asker.pool_id if asker else "",
            subject=asker.sub if asker else "",
            what=what,
            way=way,
            address=self._address,
            request_id=self.request_id,
            rule=rule,
            facts={"sub": asker.sub, "username": asker.username, "token_id": asker.token_id} if asker else None,
        )

    def _actor(self, services: Services) -> str:
        if isinstance(self.asker, Asker):
            return user_arn(services, self.asker.pool_id, self.asker.sub)
        principal = self.asker.principal if self.asker else None
        return getattr(principal, "arn", "")
