"""A whole server on a port of its own, in a thread of the test process, and the ways to talk to it."""

import asyncio
import contextlib
import dataclasses
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import uvicorn
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from poolhouse.app import Server
from poolhouse.config import Settings
from poolhouse.define.project import load

IDP = "AWSCognitoIdentityProviderService"
IDENTITY = "AWSCognitoIdentityService"
EXAMPLE = Path(__file__).parents[2] / "examples" / "admin-actions"
JSON_TYPE = "application/x-amz-json-1.1"
PASSWORD = "Correct-Horse-9"


class Running:
    """A started server: `post` raw, `public` unsigned, `signed` as root or with another key."""

    def __init__(self, server: Server, loop: asyncio.AbstractEventLoop, http: httpx.Client) -> None:
        applied = server.applied
        assert applied is not None
        self.server = server
        self.loop = loop
        self.http = http
        self.settings = server.settings
        self.url = server.settings.public_url
        self.pool, self.client, self.identity_pool = applied.pool_id, applied.client_id, applied.identity_pool_id
        self.root = Credentials(self.settings.root_access_key_id, self.settings.root_secret_access_key)

    def post(self, target: str | None, body: Any, headers: dict[str, str] | None = None, method: str = "POST"):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"content-type": JSON_TYPE, **({"x-amz-target": target} if target else {}), **(headers or {})}
        return self.http.request(method, "/", content=content, headers=given)

    def public(self, operation: str, service: str = IDP, **request: Any) -> httpx.Response:
        return self.post(f"{service}.{operation}", request)

    def signed(self, operation: str, *, key: Credentials | None = None, **request: Any) -> httpx.Response:
        body = json.dumps(request).encode()
        return self.post(None, body, self.signature(operation, body, key))

    def signature(
        self,
        operation: str,
        body: bytes,
        key: Credentials | None = None,
        service: str = "cognito-idp",
        region: str = "us-east-1",
    ) -> dict[str, str]:
        """The headers of a signed request."""
        headers = {"content-type": JSON_TYPE, "x-amz-target": f"{IDP}.{operation}"}
        request = AWSRequest("POST", self.url + "/", headers, body)
        SigV4Auth(key or self.root, service, region).add_auth(request)
        return {name: value for name, value in request.headers.items() if name.lower() != "content-length"}

    def aws(self, service: str, key: Credentials | None = None) -> Any:
        """A boto3 client that does not check parameters and does not retry."""
        key = key or self.root
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=key.access_key,
            aws_secret_access_key=key.secret_key,
            aws_session_token=key.token,
            config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        )

    def person(self, email: str, *groups: str) -> str:
        """A confirmed user; the sub."""
        name = {"UserPoolId": self.pool, "Username": email}
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        made = self.signed("AdminCreateUser", **name, UserAttributes=attributes, MessageAction="SUPPRESS")
        assert made.status_code == 200, made.text
        self.signed("AdminSetUserPassword", **name, Password=PASSWORD, Permanent=True).raise_for_status()
        for group in groups:
            self.signed("AdminAddUserToGroup", **name, GroupName=group).raise_for_status()
        return made.json()["User"]["Username"]

    def state(self) -> list[Any]:
        """Everything that a refused request must not have changed."""
        pool = {"UserPoolId": self.pool}
        members = self.signed("ListUsersInGroup", **pool, GroupName="ADMINS")
        asked = [
            members,
            self.signed("ListUsers", **pool),
            self.signed("ListGroups", **pool),
            self.signed("ListUserPools", MaxResults=60),
            self.signed("ListUserPoolClients", **pool),
        ]
        assert [answer.status_code for answer in asked] == [200] * 5
        return [answer.json() for answer in asked]


def project(folder: Path) -> Path:
    """A copy of the example in `folder`."""
    shutil.copytree(EXAMPLE / "amplify", folder / "amplify", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@contextlib.contextmanager
def serving(settings: Settings, folder: Path) -> Iterator[Running]:
    """Serve the project in `folder` with uvicorn; ended with every worker gone."""
    bound = socket.socket()
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bound.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    settings = dataclasses.replace(settings, port=bound.getsockname()[1], public_url=url)
    manifest = load(folder)
    started: list[Any] = []
    ready, ended = threading.Event(), threading.Event()

    async def main() -> None:
        server = Server(settings, folder)
        try:
            await server.start(manifest)
            config = uvicorn.Config(server, log_config=None, lifespan="off", ws="none", access_log=False)
            web = uvicorn.Server(config)
            started.extend([server, asyncio.get_running_loop(), web])
            ready.set()
            await web.serve(sockets=[bound])
        finally:
            ready.set()
            await server.stop()
            ended.set()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        assert ready.wait(60)
        assert len(started) == 3, "the server did not start"
        server, loop = started[:2]
        with httpx.Client(base_url=url, timeout=30) as http:
            yield Running(server, loop, http)
    finally:
        if len(started) == 3:
            started[2].should_exit = True
        thread.join(30)
        bound.close()
    assert ended.is_set(), "the server did not end"
