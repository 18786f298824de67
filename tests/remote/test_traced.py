"""Calls to Amazon as spans: which operation of which service, and its error; never what was asked or answered."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cli.collector import collecting
from cli.command import environment

CLIENT = 3
# In a process of its own: the SDK keeps what it was told at its start.
SCRIPT = """
import asyncio, sys
from poolhouse.errors import ServiceError
from poolhouse.messages.aws import _Aws
from poolhouse.operations.remote.aws import Aws
from poolhouse.telemetry import traces

async def main(url):
    aws = Aws("us-east-1", "arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_x")
    await aws.open()
    try:
        await aws.call("AdminGetUser", {"UserPoolId": "us-east-1_x", "Username": "traced-name"})
    except ServiceError as error:
        print(error.code)
    print((await aws.fetch(url + "/traced-path")).decode())
    aws.close()
    try:
        message = {"Simple": {"Subject": {"Data": "traced-code"}, "Body": {"Text": {"Data": "traced-code"}}}}
        to = {"ToAddresses": ["traced-name@example.com"]}
        await _Aws("sesv2", url).call("eu-west-1", "send_email", Destination=to, Content=message)
    except Exception as error:
        print(type(error).__name__)

traces.start("test")
asyncio.run(main(sys.argv[1]))
traces.stop()
"""


class Amazon(BaseHTTPRequestHandler):
    """Refuses every call, and gives every document."""

    def do_GET(self):
        self.answer(200, b"keys")

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.answer(400, b'{"__type": "UserNotFoundException", "message": "traced-name is not there"}')

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def amazon():
    with ThreadingHTTPServer(("127.0.0.1", 0), Amazon) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_calls_to_amazon(amazon):
    given = {"AWS_ENDPOINT_URL": amazon, "AWS_ACCESS_KEY_ID": "AKIATRACED", "AWS_SECRET_ACCESS_KEY": "traced-secret"}
    with collecting() as collector:
        command = [sys.executable, "-c", SCRIPT, amazon]
        variables = environment({**given, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["UserNotFoundException", "keys", "ClientError"], done.stderr
    (asked,), (fetched,), (mailed,) = map(collector.named, ("cognito-idp/AdminGetUser", "GET", "sesv2/SendEmail"))
    assert {span.kind for span in (asked, fetched, mailed)} == {CLIENT}
    assert asked.told == {
        "rpc.system": "aws-api",
        "rpc.service": "cognito-idp",
        "rpc.method": "AdminGetUser",
        "cloud.region": "us-east-1",
        "error.type": "UserNotFoundException",
    }
    assert (asked.failed, fetched.failed, mailed.failed) == (False, False, True)
    assert fetched.told == {"http.request.method": "GET", "server.address": "127.0.0.1"}
    assert (mailed.told["rpc.method"], mailed.told["cloud.region"]) == ("SendEmail", "eu-west-1")
    assert [text for text in ("traced-", "us-east-1_x") if text in repr(collector.spans)] == []
