"""A production server that sends: e-mail leaves it for the mail server, and what it cannot send it refuses."""

import asyncio
import dataclasses
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
from app.running import PASSWORD, Running, project, serving
from messages.smtp_peer import PASSWORD as MAIL_PASSWORD
from messages.smtp_peer import USER, Peer, peer

from poolhouse.config import Settings


@contextmanager
def mail_server(directory: Path) -> Iterator[Peer]:
    """The peer, on a loop and a thread of its own."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    try:
        yield run(stack.enter_async_context(peer(directory)))
    finally:
        run(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def production(server_settings: Settings, database_url: str) -> Settings:
    return dataclasses.replace(server_settings, mode="serve", database=database_url)


def sign_up(running: Running, name: str, **pool) -> dict:
    made = running.signed("CreateUserPool", PoolName="sending", **pool).json()["UserPool"]["Id"]
    app = running.signed("CreateUserPoolClient", UserPoolId=made, ClientName="a").json()["UserPoolClient"]
    return running.public("SignUp", ClientId=app["ClientId"], Username=name, Password=PASSWORD).json()


def test_a_mail_leaves_the_server(production: Settings, tmp_path: Path):
    """A sign-up's code reaches the mail server over TLS; there is no inbox to read it from, and no SMS."""
    with mail_server(tmp_path) as mail:
        settings = dataclasses.replace(
            production,
            smtp_url=f"smtp://{USER}:{MAIL_PASSWORD}@127.0.0.1:{mail.port}",
            smtp_ca_file=str(tmp_path / "ca.pem"),
            email_from="Studio <no-reply@example.org>",
        )
        with serving(settings, project(tmp_path / "project")) as running:
            contact = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
            assert "CodeDeliveryDetails" in sign_up(running, "ada@example.com", **contact)
            for _ in range(100):
                if mail.received:
                    break
                threading.Event().wait(0.05)
            assert running.http.get("/inbox/messages").status_code == 404
            phone = {"UsernameAttributes": ["phone_number"], "AutoVerifiedAttributes": ["phone_number"]}
            assert sign_up(running, "+15551239934", **phone)["__type"] == "CodeDeliveryFailureException"
    [received] = mail.received
    assert (received.encrypted, received.user, received.recipients) == (True, USER, ["ada@example.com"])
    assert b"Your confirmation code is " in received.data
