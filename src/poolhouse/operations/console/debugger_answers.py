"""What the permission debugger works on and what it says: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from poolhouse.operations.backend import Applied
from poolhouse.operations.context import Call
from poolhouse.operations.remote.pool import RemotePool
from poolhouse.store.pools import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The pool that a question is about, the definitions that are applied, and the call of whoever asks."""

    ctx: Call
    pool: Pool
    applied: Applied | None

    @property
    def remote(self) -> RemotePool | None:
        """The pool where it is at AWS."""
        return self.ctx.services.remote.of(self.pool.id)

    @property
    def function_roles(self) -> Mapping[str, str]:
        """Names of functions to the ARNs of their roles."""
        return self.applied.function_roles if self.applied else {}

    @property
    def is_defined(self) -> bool:
        """Whether the definitions' APIs are those of this pool."""
        return self.applied is not None and self.applied.pool_id == self.pool.id


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that had a say. `facts` are what it looked at, `documents` the statements as JSON."""

    title: str
    allowed: bool
    rule: str
    facts: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()

    def called(self, names: Mapping[str, str]) -> "Step":
        def told(text: str) -> str:
            for username, typed in names.items():
                text = text.replace(username, typed)
            return text

        return replace(self, title=told(self.title), facts=tuple(map(told, self.facts)))


@dataclass(frozen=True, slots=True)
class Answer:
    """Every step must allow. `then` is the function that an allowed call runs, whose own calls are other questions."""

    steps: tuple[Step, ...]
    then: str = ""

    def called(self, names: Mapping[str, str]) -> "Answer":
        """The same with users called as whoever asked calls them."""
        return replace(self, steps=tuple(step.called(names) for step in self.steps))

    @property
    def allowed(self) -> bool:
        return all(step.allowed for step in self.steps)

    @property
    def deciding(self) -> Step:
        """The first step that refuses, or the last one."""
        return next((step for step in self.steps if not step.allowed), self.steps[-1])
