"""A Node process that does what a test tells it, call by call, with an unmodified JavaScript client."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from clients.built import CACHE, NODE, SCRIPTS, once

HOOKS = SCRIPTS / "bundled.mjs"
# Those that take their clients from bundles, which start in a fifth of the time. The others import the packages as they
# are installed: a client in Node must work in both ways.
BUNDLED = ("amplify.mjs", "amplify5.mjs", "queries6.mjs")


class Thrown(Exception):
    """What the JavaScript client threw: an error with its classes, or a plain value (`result`)."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['name']}: {error['message']}" if "name" in error else str(error["result"]))
        self.classes: list[str] = error["classes"]
        self.result: Any = error.get("result")


@cache
def bundles() -> Path:
    """The folder with the bundled clients."""
    return once("bundles", [HOOKS, SCRIPTS / "bundle.mjs"], lambda folder: node("bundle.mjs", str(folder)))


def node(name: str, *arguments: str) -> None:
    """Run a program to its end."""
    done = subprocess.run([NODE, SCRIPTS / name, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Script:
    """`script("signIn", {...})` answers what the client's promise resolves to, or raises Thrown."""

    def __init__(self, name: str, *arguments: str, authority: str | None = None) -> None:
        taken = name in BUNDLED
        self._process = subprocess.Popen(
            [NODE, *(["--import", HOOKS] if taken else []), SCRIPTS / name, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "NODE_COMPILE_CACHE": str(CACHE / "compiled"),
                **({"BUNDLES": str(bundles())} if taken else {}),
                **({"NODE_EXTRA_CA_CERTS": authority} if authority else {}),
            },
        )

    def __call__(self, action: str, *arguments: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"action": action, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the script ended in {action}"
        outcome = json.loads(line)
        if "error" in outcome:
            raise Thrown(outcome["error"])
        return outcome.get("value")

    def close(self) -> None:
        """The end of its input ends the script."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            assert self._process.wait(timeout=20) == 0
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
