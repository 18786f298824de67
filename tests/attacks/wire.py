"""Bytes on a socket, and the answers that came back: no client library stands between an attack and the server."""

import itertools
import json
import socket
from dataclasses import dataclass

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from cli.command import ROOT_KEY, ROOT_SECRET

JSON_TYPE = "application/x-amz-json-1.1"
_KEY = Credentials(ROOT_KEY, ROOT_SECRET)
_SECONDS = 20
_marks = itertools.count()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def mark(self) -> str:
        """Which request this answers: the group that it made."""
        return json.loads(self.body)["Group"]["GroupName"] if self.status == 200 and self.body else ""


class Raw:
    """A server of ours, a pool of its, and requests that leave a trace: each makes a group by which it is known."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.client = boto3.client(
            "cognito-idp",
            endpoint_url=f"http://{self.address}",
            region_name="us-east-1",
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_SECRET,
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.pool = self.client.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]

    def mark(self) -> str:
        return f"mark-{next(_marks)}"

    def body(self, mark: str) -> bytes:
        return json.dumps({"UserPoolId": self.pool, "GroupName": mark}).encode()

    def head(self, mark: str, framing: str, line: str = "POST / HTTP/1.1") -> bytes:
        """A signed head without the empty line's end of it: `framing` are lines of headers, each with its line end."""
        url, target = f"http://{self.address}/", "AWSCognitoIdentityProviderService.CreateGroup"
        request = AWSRequest("POST", url, {"content-type": JSON_TYPE, "x-amz-target": target}, self.body(mark))
        SigV4Auth(_KEY, "cognito-idp", "us-east-1").add_auth(request)
        given = {k: v for k, v in request.headers.items() if k.lower() != "content-length"}
        lines = [line, f"Host: {self.address}", *(f"{name}: {value}" for name, value in given.items())]
        return ("\r\n".join(lines) + "\r\n" + framing + "\r\n").encode("latin-1")

    def whole(self, mark: str, more: str = "", line: str = "POST / HTTP/1.1") -> bytes:
        """A request without fault."""
        body = self.body(mark)
        return self.head(mark, f"Content-Length: {len(body)}\r\n{more}", line) + body

    def chunked(self, mark: str, pieces: int = 3, ext: str = "", trailer: str = "", more: str = "") -> bytes:
        """The same as a chunked one."""
        body = self.body(mark)
        step = -(-len(body) // pieces)
        parts = [body[at : at + step] for at in range(0, len(body), step)]
        chunks = b"".join(b"%x%b\r\n%b\r\n" % (len(part), ext.encode(), part) for part in parts)
        head = self.head(mark, f"Transfer-Encoding: chunked\r\n{more}")
        return head + chunks + b"0\r\n" + trailer.encode() + b"\r\n"

    def done(self, *marks: str) -> list[str]:
        """Those of these requests that were carried out."""
        groups = self.client.get_paginator("list_groups").paginate(UserPoolId=self.pool)
        found = {group["GroupName"] for page in groups for group in page["Groups"]}
        return [mark for mark in marks if mark in found]

    def connect(self) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=_SECONDS)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def ask(self, *pieces: bytes, number: int = 1, method: str = "POST") -> list[Answer]:
        """Send each piece by itself, wait for so many answers, then say that nothing follows, and read the rest.

        Fewer come where the server closes before.
        """
        with self.connect() as line:
            try:
                for piece in pieces:
                    line.sendall(piece)
            except OSError:
                pass  # it was closed at the first fault, before all was sent
            return answers(line, number, method)


def answers(line: socket.socket, number: int = 0, method: str = "POST") -> list[Answer]:
    """What came until the end: a rest that is no answer is an error.

    A server closes when its client has said that nothing follows, so that is said when `number` answers are there.
    """
    received, found = b"", []
    try:
        while number > len(found) and (part := line.recv(65536)):
            received += part
            while (first := _first(received, method)) is not None:
                found.append(first[0])
                received = first[1]
        line.shutdown(socket.SHUT_WR)
        while part := line.recv(65536):
            received += part
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        # It was closed while bytes of ours were still on their way; what came before counts.
    while (first := _first(received, method)) is not None:
        found.append(first[0])
        received = first[1]
    assert received == b"", received
    return found


def _first(received: bytes, method: str) -> tuple[Answer, bytes] | None:
    """The first whole answer, interim ones left out, and the bytes behind it."""
    while received.startswith(b"HTTP/1.1 100 ") and b"\r\n\r\n" in received:
        received = received.partition(b"\r\n\r\n")[2]
    head, end, behind = received.partition(b"\r\n\r\n")
    if not end:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert "transfer-encoding" not in headers
    length = 0 if method == "HEAD" else int(headers["content-length"])
    if len(behind) < length:
        return None
    return Answer(int(first.split(" ")[1]), headers, behind[:length]), behind[length:]
