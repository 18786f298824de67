"""`poolhouse test-server` as a child process: started once, asked to go back to its beginning, ended with its input."""

import json
import os
import re
import selectors
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from poolhouse.errors import ProjectError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 20.0
_COLOUR: Final = re.compile(r"\x1b\[[\d;]*m")
_ALONE: Final = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""Settings of botocore that would let the machine's own AWS files and variables in."""


class Process:
    """The server and what lasts as long as it: its address, connections and clients. `log` is what it writes."""

    def __init__(
        self, project: Path, log: Path, *, seed: Path | None = None, secrets: Mapping[str, str] | None = None
    ) -> None:
        """Starts it and waits until it serves. Raises ProjectError with what it said when it does not start."""
        self.log = log
        command = [sys.executable, "-P", "-m", "poolhouse", "test-server", "--project", str(project)]
        command += ["--seed", str(seed)] if seed else []
        command += [f"--secret={name}={value}" for name, value in (secrets or {}).items()]
        with log.open("wb") as errors:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )
        try:
            self._aws = _aws()  # takes as long as the server takes to start
            self.facts: dict[str, str] = json.loads(self._first_line())
        except BaseException:
            self.stop()
            raise
        self.url = self.facts["url"]
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # no certificate is shown here, so no authority is read
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False, verify=nobody)

    def _first_line(self) -> str:
        output = self._child.stdout
        assert output is not None
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            line = output.readline().decode() if selector.select(_START_SECONDS) else ""
        if not line:
            raise ProjectError(
                f"The server for the tests did not start.\n{_plain(self.log.read_bytes())}",
                resolution="Mend what it says, or see it live with: poolhouse test-server",
            )
        return line

    def reset(self) -> None:
        """The state of the beginning, and the present time."""
        self.control("POST", "reset")

    def control(self, method: str, name: str, **request: Any) -> Any:
        """Ask one of the addresses under /testing/."""
        path = f"/testing/{name}"
        answer = self.http.get(path, params=request) if method == "GET" else self.http.post(path, json=request)
        answer.raise_for_status()
        return answer.json()

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """What amplify_outputs.json says."""
        found: dict[str, Any] = json.loads(Path(self.facts["outputs"]).read_text(encoding="utf-8"))
        return found

    @cached_property
    def admin(self) -> "CognitoIdentityProviderClient":
        """A boto3 client with the root key."""
        made: CognitoIdentityProviderClient = self.client("cognito-idp")
        return made

    @cached_property
    def described(self) -> Mapping[str, Any]:
        """What DescribeUserPool says at the beginning."""
        return self.admin.describe_user_pool(UserPoolId=self.facts["user_pool_id"])["UserPool"]

    def client(self, service: str, key: tuple[str, str, str] | None = None) -> Any:
        """A boto3 client for this server, whatever AWS profile or proxy the machine has. `key` ends in a token."""
        import boto3
        from botocore.config import Config

        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        keys = key or (self.facts["access_key_id"], self.facts["secret_access_key"], None)
        session: Any = boto3.session.Session(botocore_session=self._aws)
        return session.client(
            service,
            endpoint_url=self.url,
            region_name=self.facts["region"],
            **dict(zip(names, keys, strict=True)),
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def position(self) -> int:
        """Where the log ends now."""
        return self.log.stat().st_size

    def said_since(self, position: int) -> str:
        """What the server wrote since then."""
        with self.log.open("rb") as file:
            file.seek(position)
            return _plain(file.read())

    def stop(self) -> None:
        """Ends it and its functions; returns when it is gone."""
        if "admin" in self.__dict__:
            self.admin.close()
        if hasattr(self, "http"):
            self.http.close()
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise
        finally:
            self._child.stdout.close()


def _aws() -> Any:
    """What boto3's clients are made of, with what AWS publishes about user pools already read."""
    import botocore.session

    made = botocore.session.Session(session_vars=_ALONE)
    made.get_service_model("cognito-idp")
    return made


def _plain(output: bytes) -> str:
    """Without the colours of a terminal."""
    return _COLOUR.sub("", output.decode("utf-8", "replace"))


def wall() -> int:
    """The machine's clock, in epoch microseconds."""
    return time.time_ns() // 1000
