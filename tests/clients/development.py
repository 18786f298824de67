"""`poolhouse dev` as a child process on a copy of the example, and what a client test asks of it."""

import itertools
import json
import os
import shutil
import signal
import ssl
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
from botocore import UNSIGNED
from botocore.config import Config
from cli.forked import Forked

EXAMPLE = Path(__file__).parents[2] / "examples" / "admin-actions" / "amplify"
MODULES = Path(__file__).parent / "js" / "node_modules"
ROOT_KEY = ("AKIAPOOLHOUSEDEVROOT", "poolhouse-development-secret-for-loopback")
PASSWORD = "Correct-Horse-9"
# Validation off: what a client library would refuse for itself must be refused by the server.
CONFIG = Config(parameter_validation=False, retries={"total_max_attempts": 1})
WITHOUT_KEY = CONFIG.merge(Config(signature_version=UNSIGNED))
_numbers = itertools.count(1)


def new_email(name: str = "user") -> str:
    """An address that no other test of this run has, whichever worker it runs in."""
    return f"{name}-{os.getpid()}-{next(_numbers)}@example.com"


def forged(token: str) -> str:
    """The same token with one character in the middle of its signature changed."""
    head, payload, signature = token.split(".")
    middle = len(signature) // 2
    other = "A" if signature[middle] != "A" else "B"
    return f"{head}.{payload}.{signature[:middle]}{other}{signature[middle + 1 :]}"


@dataclass(frozen=True)
class User:
    email: str
    sub: str
    password: str = PASSWORD


class Backend:
    """The running server, seen from outside: addresses, keys, and boto3 for everything else."""

    def __init__(self, project: Path, url: str, outputs: dict[str, Any]) -> None:
        self.project = project
        self.url = url
        self.outputs = outputs
        self.pool_id: str = outputs["auth"]["user_pool_id"]
        self.client_id: str = outputs["auth"]["user_pool_client_id"]
        self.identity_pool_id: str = outputs["auth"]["identity_pool_id"]
        self._clients: list[Any] = []

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def boto3(
        self, service: str, key: tuple[str, ...] = ROOT_KEY, region: str = "us-east-1", config: Config = CONFIG
    ) -> Any:
        """A boto3 client with a key pair, or a triple with its session token."""
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        keys = dict(zip(names, key, strict=False))
        made = boto3.client(
            service, endpoint_url=self.url, region_name=region, config=config, verify=trusted(self.project), **keys
        )
        self._clients.append(made)
        return made

    @cached_property
    def root(self) -> Any:
        return self.boto3("cognito-idp")

    @cached_property
    def public(self) -> Any:
        """The user pool without any key, as a browser calls it."""
        return self.boto3("cognito-idp", (), config=WITHOUT_KEY)

    @cached_property
    def identities(self) -> Any:
        return self.boto3("cognito-identity", (), config=WITHOUT_KEY)

    def new_user(self, *groups: str, name: str = "user") -> User:
        """A confirmed user with a password that he chose."""
        email = new_email(name)
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        made = self.root.admin_create_user(
            UserPoolId=self.pool_id, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
        self.root.admin_set_user_password(UserPoolId=self.pool_id, Username=email, Password=PASSWORD, Permanent=True)
        user = User(email, made["User"]["Username"])
        for group in groups:
            self.add(user, group)
        return user

    def add(self, user: User, group: str) -> None:
        self.root.admin_add_user_to_group(UserPoolId=self.pool_id, Username=user.sub, GroupName=group)

    def remove(self, user: User, group: str) -> None:
        self.root.admin_remove_user_from_group(UserPoolId=self.pool_id, Username=user.sub, GroupName=group)

    def groups_of(self, user: User) -> list[str]:
        answer = self.root.admin_list_groups_for_user(UserPoolId=self.pool_id, Username=user.sub)
        return [group["GroupName"] for group in answer["Groups"]]

    def status_of(self, email: str) -> str:
        return str(self.root.admin_get_user(UserPoolId=self.pool_id, Username=email)["UserStatus"])

    def messages(self, email: str, wanted: int = 1) -> list[dict[str, Any]]:
        """What was sent to this address, oldest first, once there are as many as wanted."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found: list[dict[str, Any]] = httpx.get(f"{self.url}/inbox/messages", params={"destination": email}).json()
            if len(found) >= wanted:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{email} was sent fewer than {wanted} messages")

    def code(self, email: str, wanted: int = 1) -> str:
        """The code in the wanted-th message to this address."""
        return str(self.messages(email, wanted)[wanted - 1]["code"])

    def key_of(self, id_token: str | None = None) -> tuple[str, str, str]:
        """Credentials of the identity pool: a guest's, or those of the user whose id token is given."""
        issuer = f"{self.url}/{self.pool_id}".removeprefix("http://")
        logins = {"Logins": {issuer: id_token}} if id_token else {}
        identity = self.identities.get_id(IdentityPoolId=self.identity_pool_id, **logins)["IdentityId"]
        made = self.identities.get_credentials_for_identity(IdentityId=identity, **logins)["Credentials"]
        return made["AccessKeyId"], made["SecretKey"], made["SessionToken"]


class Development:
    """The process, forked with its imports done: started on a fresh project, ended as Ctrl-C ends it."""

    def __init__(self, project: Path, *arguments: str, example: Path = EXAMPLE) -> None:
        self._project = project
        shutil.copytree(example, project / "amplify")
        # What a front-end project has beside the generated module, so that the module runs as it was written.
        (project / "package.json").write_text('{"type": "module"}', encoding="utf-8")
        (project / "node_modules").symlink_to(MODULES)
        self._log = project / "dev.log"
        command = ("dev", "--project", str(project), "--port", "0", *arguments)
        with self._log.open("wb") as log, open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device
            streams = (nothing.fileno(), log.fileno(), log.fileno())
            self._process = Forked(command, cwd=Path.cwd(), env=os.environ, streams=streams)

    def backend(self) -> Backend:
        """Wait until requests can be served."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            path = self._project / "amplify_outputs.json"
            if path.exists():
                outputs = json.loads(path.read_text(encoding="utf-8"))
                url = _origin(outputs)
                if _ready(url, self._project):
                    return Backend(self._project, url, outputs)
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self._log.read_text()}")

    def stop(self) -> None:
        """End it and hold it to what it promises: exit code 0, no process left, no fault on the way."""
        family = descendants(self._process.pid)
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
            raise
        log = self._log.read_text()
        assert code == 0, log
        assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
        assert '"event": "fault"' not in log, log


def _origin(outputs: dict[str, Any]) -> str:
    """Where the server is, from one of the addresses that clients get."""
    apis = outputs.get("custom", {}).get("API", {})
    address = urlsplit(outputs["data"]["url"] if "data" in outputs else next(iter(apis.values()))["endpoint"])
    return f"{address.scheme}://{address.netloc}"


def trusted(project: Path) -> str | None:
    """The certificate authority of a server that was started with --tls."""
    path = project / ".poolhouse" / "tls" / "ca.pem"
    return str(path) if path.exists() else None


def _ready(url: str, project: Path) -> bool:
    authority = trusted(project)
    verify = ssl.create_default_context(cafile=authority) if authority else True
    try:
        return httpx.get(f"{url}/health/ready", verify=verify).status_code == 200
    except httpx.TransportError:
        return False


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on."""
    found = []
    with suppress(OSError):  # what ends meanwhile has none
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, path.read_text().split()):
                found += [child, *descendants(child)]
    return found
