"""A proxy of ours in front of the emulator that refuses, cuts, delays and rewrites single answers.

It stands for what the emulator cannot do by itself: be busy, be slow, be unreachable, know no permission.
"""

import contextlib
import http.client
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape


class Cut(Exception):
    """The connection ends without an answer."""


class Refusal(NamedTuple):
    """An error in the words of the query protocol."""

    status: int
    code: str
    message: str

    def body(self) -> bytes:
        return (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{self.code}</Code>"
            f"<Message>{escape(self.message)}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
        ).encode()


Rule = Callable[[str, int], Refusal | None]
Rewrite = Callable[[str, str], str]


class Faults:
    """`before` sees each operation with how often it was asked, and may refuse or cut; `after` rewrites answers."""

    def __init__(self) -> None:
        self.before: Rule = lambda _action, _count: None
        self.after: Rewrite = lambda _action, text: text
        self.asked: list[str] = []
        self.bodies: dict[str, str] = {}

    def admit(self, action: str, body: bytes = b"") -> Refusal | None:
        self.asked.append(action)
        self.bodies[action] = body.decode(errors="replace")
        return self.before(action, self.asked.count(action))


@contextlib.contextmanager
def proxy(target: str, faults: Faults) -> Iterator[str]:
    """Its URL."""
    parts = urlsplit(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            action = _action(self.command, self.path, self.headers, body)
            try:
                refusal = faults.admit(action, body)
            except Cut:
                self.close_connection = True
                self.connection.close()
                return
            if refusal:
                self.reply(refusal.status, [("Content-Type", "text/xml")], refusal.body())
                return
            upstream = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
            with contextlib.closing(upstream):
                upstream.request(self.command, self.path, body, dict(self.headers))
                response = upstream.getresponse()
                content = response.read()
            if "xml" in (response.headers.get("Content-Type") or ""):
                content = faults.after(action, content.decode()).encode()
            kept = [(n, v) for n, v in response.headers.items() if n.lower() not in {"content-length", "connection"}]
            self.reply(response.status, kept, content)

        def reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815 - what http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _action(method: str, path: str, headers: http.client.HTTPMessage, body: bytes) -> str:
    """The operation's name in the query and JSON protocols; method and path for S3."""
    target = headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    asked = re.search(rb"(?:^|&)Action=(\w+)", body)
    if asked:
        return asked[1].decode()
    found = parse_qs(urlsplit(path).query).get("Action")
    return found[0] if found else f"{method} {path}"
