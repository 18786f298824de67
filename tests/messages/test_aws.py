"""E-mail by SES and text messages by SNS: boto3's own requests, to a server that keeps them."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from messages.letters import ADA, PHONE, POOL, content, letter

from poolhouse.messages.aws import Ses, Sns
from poolhouse.messages.delivery import Undeliverable
from poolhouse.store.settings import EmailConfigurationType, PoolSettings, SmsConfigurationType

FROM = "Poolhouse <no-reply@example.org>"


class Amazon:
    """Answers every request alike, and keeps it."""

    def __init__(self, status: int, body: bytes) -> None:
        requests: list[tuple[str, str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                requests.append((self.path, self.headers["Authorization"], text))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.requests = requests
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def amazon():
    servers: list[Amazon] = []

    def make(status: int = 200, body: bytes = b"{}") -> Amazon:
        servers.append(Amazon(status, body))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(autouse=True)
def credentials(tmp_path, request):
    """boto3 finds the same key on every machine."""
    before = dict(os.environ)
    os.environ.update(
        AWS_ACCESS_KEY_ID="AKIATESTTESTTESTTEST",
        AWS_SECRET_ACCESS_KEY="secret",
        AWS_CONFIG_FILE=str(tmp_path / "config"),
        AWS_EC2_METADATA_DISABLED="true",
    )
    yield
    os.environ.clear()
    os.environ.update(before)


PUBLISHED = (
    b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult>"
    b"<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>"
)


def refusal(code: str) -> bytes:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()


async def test_a_mail_by_ses(amazon):
    server = amazon(body=b'{"MessageId": "1"}')
    await Ses("eu-west-1", FROM, server.url).send(POOL, letter(), content())
    [(path, signature, text)] = server.requests
    assert path == "/v2/email/outbound-emails"
    assert "/eu-west-1/ses/aws4_request" in signature
    assert json.loads(text) == {
        "FromEmailAddress": FROM,
        "Destination": {"ToAddresses": [ADA]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Hello", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": "Your code is 123456", "Charset": "UTF-8"}},
            }
        },
    }


async def test_what_the_pool_says_to_ses(amazon):
    """Identity, sender, replies and configuration set; the identity's region is asked. Markup is markup."""
    server = amazon(body=b'{"MessageId": "1"}')
    arn = "arn:aws:ses:eu-central-1:123456789012:identity/example.org"
    configured = EmailConfigurationType("DEVELOPER", arn, "help@example.org", "team@example.org", "tracked")
    pool = POOL._replace(settings=PoolSettings(EmailConfiguration=configured))
    await Ses("eu-west-1", FROM, server.url).send(pool, letter(), content("A\r\nBcc: x@y.z", "<b>Hi</b>", is_html=True))
    [(_, signature, text)] = server.requests
    sent = json.loads(text)
    assert "/eu-central-1/ses/" in signature
    assert sent["FromEmailAddress"] == "team@example.org"
    assert sent["FromEmailAddressIdentityArn"] == arn
    assert sent["ReplyToAddresses"] == ["help@example.org"]
    assert sent["ConfigurationSetName"] == "tracked"
    simple = sent["Content"]["Simple"]
    assert simple["Subject"]["Data"] == "A Bcc: x@y.z"
    assert simple["Body"] == {"Html": {"Data": "<b>Hi</b>", "Charset": "UTF-8"}}


async def test_a_text_message(amazon):
    """Of the transactional kind, in the server's region or the pool's."""
    server = amazon(body=PUBLISHED)
    sns = Sns("us-west-2", server.url)
    await sns.send(POOL, letter(PHONE, "SMS"), content())
    sms = SmsConfigurationType("arn:aws:iam::123456789012:role/sms", "x", "ap-south-1")
    await sns.send(POOL._replace(settings=PoolSettings(SmsConfiguration=sms)), letter(PHONE, "SMS"), content())
    [(_, first, text), (_, second, _)] = server.requests
    asked = {name: values[0] for name, values in parse_qs(text).items()}
    assert (asked["Action"], asked["PhoneNumber"], asked["Message"]) == ("Publish", PHONE, "Your code is 123456")
    assert asked["MessageAttributes.entry.1.Value.StringValue"] == "Transactional"
    assert "/us-west-2/sns/" in first
    assert "/ap-south-1/sns/" in second


async def test_what_amazon_refuses_for_good(amazon):
    ses = Ses("us-east-1", FROM, amazon(400, b'{"__type": "MessageRejected", "message": "no"}').url)
    with pytest.raises(Undeliverable, match="MessageRejected"):
        await ses.send(POOL, letter(), content())
    sns = Sns("us-east-1", amazon(400, refusal("InvalidParameter")).url)
    with pytest.raises(Undeliverable, match="InvalidParameter"):
        await sns.send(POOL, letter("+1", "SMS"), content())


async def test_what_may_work_later(amazon):
    """Tried once: the outbox repeats it."""
    server = amazon(429, refusal("Throttling"))
    with pytest.raises(Exception, match="Throttling"):
        await Sns("us-east-1", server.url).send(POOL, letter(PHONE, "SMS"), content())
    assert len(server.requests) == 1


async def test_many_at_once(amazon):
    server = amazon(body=PUBLISHED)
    sns = Sns("us-east-1", server.url)
    await asyncio.gather(*(sns.send(POOL, letter(PHONE, "SMS"), content()) for _ in range(20)))
    assert len(server.requests) == 20


def test_nobody_waits_for_boto3():
    """A server that sends with something else does not load it."""
    code = "import sys, poolhouse.messages.aws, poolhouse.messages.route; sys.exit('boto3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
