"""What the backend under test sent to people."""

from dataclasses import dataclass
from typing import Any, ClassVar

from poolhouse.testing.people import User
from poolhouse.testing.process import Process


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail or SMS. `created` is epoch seconds, `code` None where it has none."""

    destination: str
    username: str
    medium: str
    purpose: str
    subject: str
    body: str
    code: str | None
    created: float


class Inbox:
    """Answers when everything that waits for its delivery is delivered; a test never sleeps for it."""

    wait_seconds: ClassVar[float] = 5.0
    """How long a code may take to come, where something still has to happen before it is sent."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def messages(self, to: User | str | None = None) -> list[Message]:
        """All messages, or those to this user, address or username, oldest first."""
        return [_message(each) for each in self._ask(to)]

    def code(self, to: User | str) -> str:
        """The code that was sent last. Raises AssertionError when none was sent to this user, address or username."""
        found = self._ask(to, code="1")
        if found:
            return str(found[-1]["code"])
        others = [f"{each.purpose} to {each.destination}" for each in self.messages()]
        raise AssertionError(f"No code was sent to {_shown(to)}. The inbox has: {', '.join(others) or 'nothing'}.")

    def _ask(self, to: User | str | None, **more: str) -> list[dict[str, Any]]:
        named = {} if to is None else {"to": to.names if isinstance(to, User) else [to]}
        found: list[dict[str, Any]] = self._process.control("GET", "messages", wait=self.wait_seconds, **named, **more)
        return found


def _message(found: dict[str, Any]) -> Message:
    return Message(
        destination=found["destination"],
        username=found["username"],
        medium=found["medium"],
        purpose=found["purpose"],
        subject=found["subject"],
        body=found["body"],
        code=found["code"],
        created=found["created"],
    )


def _shown(to: User | str) -> str:
    return to.username if isinstance(to, User) else to
