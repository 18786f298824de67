"""A machine that fails a running server: no room on its disk, no more open files, an order to stop under load."""

import concurrent.futures
import contextlib
import json
import resource
import signal
import socket
import time

import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from cli.command import SERVE, ready, run, started, wait_for
from cli.test_serve import arguments, cognito, pool_of
from fresh import free_port


@pytest.fixture
def served(project, tmp_path):
    port = free_port()
    with started(*arguments(project, f"sqlite:///{tmp_path}/m.db", port), cwd=project, given=SERVE) as server:
        assert ready(f"http://127.0.0.1:{port}")
        server.port = port
        yield server


def create(client, pool, name):
    client.admin_create_user(UserPoolId=pool, Username=f"{name}@example.com", MessageAction="SUPPRESS")


def test_no_room_on_the_disk(served, tmp_path):
    """The operating system refuses every longer file: changes are refused with 503 and reads answered; with room again,
    the same process goes on, and nothing that was acknowledged is missing.
    """
    client = cognito(served.port)
    pool = pool_of(client)
    create(client, pool, "before")
    pid, told, refused = served.process.pid, ["before"], []
    length = max(path.stat().st_size for path in tmp_path.glob("m.db*"))
    was = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (length // 4096 * 4096, was[1]))
    try:
        for number in range(400):
            try:
                create(client, pool, f"u{number}")
                told.append(f"u{number}")
            except ClientError as error:
                refused.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
            if len(refused) == 5:
                break
        assert refused == [503] * 5
        assert client.admin_get_user(UserPoolId=pool, Username="before@example.com")["Enabled"]
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, was)
    create(client, pool, "after")
    found = {
        one["Value"]
        for page in client.get_paginator("list_users").paginate(UserPoolId=pool)
        for user in page["Users"]
        for one in user["Attributes"]
        if one["Name"] == "email"
    }
    assert {f"{name}@example.com" for name in [*told, "after"]} <= found
    assert len(found) == len(told) + 1
    assert served.text.count("the database is not available") <= 10
    assert served.end(signal.SIGTERM) == 0


def test_no_more_open_files(served):
    """Who is connected is served on; new connections wait or are closed; later ones are taken again."""
    pid = served.process.pid
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=20) as before:
        assert before.get("/health/live").status_code == 200
        was = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (70, was[1]))
        many = []
        try:
            for _ in range(120):
                with contextlib.suppress(OSError):
                    many.append(socket.create_connection(("127.0.0.1", served.port), timeout=2))
            assert before.get("/health/ready").status_code == 200
        finally:
            for one in many:
                one.close()
            resource.prlimit(pid, resource.RLIMIT_NOFILE, was)
    assert ready(f"http://127.0.0.1:{served.port}", 20)
    assert len(served.lines) < 200
    assert served.end(signal.SIGTERM) == 0


def test_an_order_to_stop_under_load(served, project, tmp_path):
    """Every acknowledged change is kept, nobody waits for long, and no process is left."""
    client = cognito(served.port)
    pool, told = pool_of(client), []

    def work(who):
        for number in range(10_000):
            try:
                create(client, pool, f"u{who}-{number}")
            except (BotoCoreError, ClientError):
                return
            told.append(f"u{who}-{number}@example.com")

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        running = [threads.submit(work, who) for who in range(4)]
        assert wait_for(lambda: len(told) > 20)
        began = time.monotonic()
        assert served.end(signal.SIGTERM) == 0
        took = time.monotonic() - began
        for one in running:
            one.result(30)
    assert took < 20
    port = free_port()
    with started(*arguments(project, f"sqlite:///{tmp_path}/m.db", port), cwd=project, given=SERVE):
        assert ready(f"http://127.0.0.1:{port}")
        pages = cognito(port).get_paginator("list_users").paginate(UserPoolId=pool)
        found = {one["Value"] for page in pages for user in page["Users"] for one in user["Attributes"]}
        assert set(told) <= found


SLOW = """
import os
import time
import boto3

client = boto3.client("cognito-idp")


def handler(event, context):
    with open(BEGUN, "a") as begun:
        begun.write("x")
    time.sleep(1)
    pool = os.environ["AMPLIFY_AUTH_USERPOOL_ID"]
    return len(client.list_users(UserPoolId=pool)["Users"])
"""


def test_a_function_that_is_at_work_finishes(project, tmp_path):
    """Its own call back is answered after the order to stop, and so is whoever waits for it."""
    data = project / "amplify" / "data"
    begun = tmp_path / "begun"
    (data / "add_user_to_group" / "handler.py").write_text(f"BEGUN = {str(begun)!r}\n{SLOW}")
    text = (data / "resource.py").read_text()
    text = text.replace('allow.group("ADMINS")', "allow.publicApiKey()").replace('"iam"', '"apiKey"')
    (data / "resource.py").write_text(text)
    auth = project / "amplify" / "auth" / "resource.py"
    auth.write_text(auth.read_text().replace('"addUserToGroup"', '"listUsers"'))
    port, database = free_port(), f"sqlite:///{tmp_path}/f.db"
    with started(*arguments(project, database, port), cwd=project, given=SERVE) as server:
        assert ready(f"http://127.0.0.1:{port}")
        where = ("--project", str(project), "--database", database, "--out-dir", str(tmp_path))
        assert run("generate", "outputs", *where, cwd=project, given=SERVE).returncode == 0
        key = json.loads((tmp_path / "amplify_outputs.json").read_text())["data"]["api_key"]
        query = 'mutation { addUserToGroup(userId: "a", groupName: "b") }'

        def ask():
            url, headers = f"http://127.0.0.1:{port}/graphql", {"x-api-key": key}
            return httpx.post(url, json={"query": query}, headers=headers, timeout=30).json()

        assert "errors" not in ask()
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(ask)
            assert wait_for(lambda: begun.read_text().count("x") == 2)
            assert server.end(signal.SIGTERM) == 0
            assert "errors" not in waiting.result(20)
