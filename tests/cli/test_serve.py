"""`poolhouse serve` as a process: what it refuses, several workers, durability."""

import concurrent.futures
import itertools
import json
import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cli.command import MASTER_KEY, ROOT_KEY, ROOT_SECRET, SERVE, alive, gone, ready, run, started, wait_for
from fresh import free_port


def arguments(project, database, port, *more):
    return ("serve", "--project", str(project), "--database", database, "--port", str(port), *more)


def command_line(pid):
    path = Path(f"/proc/{pid}/cmdline")
    return path.read_text() if path.exists() else ""


def cognito(port, region="us-east-1"):
    return boto3.client(
        "cognito-idp",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=region,
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_SECRET,
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32),
    )


def pool_of(client):
    pools = client.list_user_pools(MaxResults=60)["UserPools"]
    assert len(pools) == 1, pools
    return pools[0]["Id"]


def without(*names, **more):
    return {name: value for name, value in SERVE.items() if name not in names} | more


REFUSALS = {
    "no master key": (without("POOLHOUSE_MASTER_KEY"), [], "POOLHOUSE_MASTER_KEY is required"),
    "short master key": (without(POOLHOUSE_MASTER_KEY="c2hvcnQ="), [], "32 bytes"),
    "no root key": (without("POOLHOUSE_ROOT_ACCESS_KEY_ID"), [], "POOLHOUSE_ROOT_ACCESS_KEY_ID"),
    "development root": (
        without(
            POOLHOUSE_ROOT_ACCESS_KEY_ID="AKIAPOOLHOUSEDEVROOT",
            POOLHOUSE_ROOT_SECRET_ACCESS_KEY="poolhouse-development-secret-for-loopback",
        ),
        [],
        "development root key",
    ),
    "development secret": (
        without(POOLHOUSE_ROOT_SECRET_ACCESS_KEY="poolhouse-development-secret-for-loopback"),
        [],
        "development root key",
    ),
    "public address": (SERVE, ["--host", "0.0.0.0"], "public address"),
    "public IPv6": (SERVE, ["--host", "::"], "public address"),
    "proxy without https": (without(POOLHOUSE_BEHIND_PROXY="true"), ["--host", "0.0.0.0"], "https://"),
    "two on SQLite": (SERVE, ["--workers", "2"], "SQLite has one writer"),
    "unknown setting": (without(POOLHOUSE_WORKER="2"), [], "POOLHOUSE_WORKER is no setting"),
    "no such function user": (without(POOLHOUSE_FUNCTION_USER="no-such-user"), [], "there is no user no-such-user"),
    "root as function user": (without(POOLHOUSE_FUNCTION_USER="root"), [], "the server's own user or root"),
    "bad number": (without(POOLHOUSE_SIGNATURE_WINDOW="soon"), [], "whole number"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_unsafe_settings_are_refused(project, tmp_path, name):
    """Told with a remedy, status 1, no traceback, no secret in the text, and no database was made."""
    given, more, told = REFUSALS[name]
    result = run(*arguments(project, f"sqlite:///{tmp_path}/prod.db", free_port(), *more), cwd=project, given=given)
    assert result.returncode == 1, result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert "poolhouse-development-secret" not in result.stderr
    assert MASTER_KEY not in result.stderr
    assert not (tmp_path / "prod.db").exists()


def test_a_missing_database_is_refused(project):
    """Production has no default database."""
    result = run("serve", "--project", str(project), cwd=project, given=SERVE)
    assert result.returncode == 1
    assert "POOLHOUSE_DATABASE is required" in result.stderr


def test_all_problems_are_listed_at_once(project):
    """Who starts with nothing hears everything in one message."""
    result = run("serve", "--project", str(project), cwd=project)
    assert result.returncode == 1
    for name in ("POOLHOUSE_DATABASE", "POOLHOUSE_MASTER_KEY", "POOLHOUSE_ROOT_ACCESS_KEY_ID"):
        assert name in result.stderr


def test_one_process_serves_and_ends(project, database):
    """It answers, refuses signatures for another region, has no development pages, logs JSON and ends cleanly."""
    port = free_port()
    with started(*arguments(project, database, port), cwd=project, given=SERVE, fresh=True) as server:
        assert ready(f"http://127.0.0.1:{port}")
        assert httpx.get(f"http://127.0.0.1:{port}/inbox").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{port}/inbox/messages").status_code == 404
        assert pool_of(cognito(port))
        with pytest.raises(ClientError, match="InvalidSignatureException"):
            cognito(port, "eu-west-1").list_user_pools(MaxResults=1)
        children = server.family()
        assert server.end(signal.SIGTERM) == 0
        assert gone(children)
    events = [json.loads(line) for line in server.lines]
    assert "ready" in [event["event"] for event in events]
    assert ROOT_SECRET not in server.text


def test_two_workers_share_one_backend(project, postgresql):
    """Two processes on an empty PostgreSQL make one pool, both answer, one that is killed under load is replaced without
    anything acknowledged being lost, all end together.
    """
    port = free_port()
    given = SERVE | {"POOLHOUSE_DATABASE": postgresql}
    with started(
        "serve", "--project", str(project), "--port", str(port), "--workers", "2", cwd=project, given=given
    ) as server:
        assert ready(f"http://127.0.0.1:{port}")
        assert wait_for(lambda: server.text.count('"ready"') == 2, 60)
        client = cognito(port)
        pool = pool_of(client)
        names = [f"u{number}@example.com" for number in range(30)]

        def make(name):
            return client.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")

        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            list(threads.map(make, names))
        assert len(client.list_users(UserPoolId=pool)["Users"]) == 30
        children = server.family()
        assert len(children) >= 2
        assert postgresql not in "".join(map(command_line, children))
        workers = [pid for pid in children if "--socket" in command_line(pid).split("\0")]
        survive_hangups(server, workers)
        victim = workers[0]
        told = written_while(client, pool, partial(lose, server, victim))
        kept = emails(client, pool)
        assert [name for name in told if name not in kept] == []
        children += server.family()
        assert server.end(signal.SIGTERM) == 0
        assert gone(children, 20), alive(children)
    assert "Traceback" not in server.text


def survive_hangups(server, workers):
    """Without a certificate the supervisor, or a worker that is asked by itself, says one line and goes on."""
    for number, pid in enumerate([server.process.pid, *workers], 1):
        os.kill(pid, signal.SIGHUP)
        assert wait_for(lambda number=number: server.text.count('"nothing to renew"') == number), server.text
    assert '"worker ended"' not in server.text


def written_while(client, pool, meanwhile):
    """Names that were acknowledged to four callers while it happened; who is cut off asks for the same again."""
    told, stop = [], threading.Event()

    def write(who):
        for number in itertools.count():
            name = f"kept-{who}-{number}@example.com"
            while not stop.is_set():
                try:
                    client.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
                except client.exceptions.UsernameExistsException:
                    pass  # it was done, and the answer was lost
                except BotoCoreError:
                    continue
                told.append(name)
                break
            if stop.is_set():
                return

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        running = [threads.submit(write, who) for who in range(4)]
        try:
            meanwhile(lambda: wait_for(partial(more_than, told, len(told) + 20)))
        finally:
            stop.set()
        for one in running:
            one.result(60)
    return told


def more_than(told, number):
    return len(told) > number


def lose(server, victim, goes_on):
    """Kill one of two workers. While their supervisor stands still, who answers can only be the other one."""
    assert goes_on()
    server.process.send_signal(signal.SIGSTOP)
    os.kill(victim, signal.SIGKILL)
    assert goes_on()
    assert '"worker ended"' not in server.text
    server.process.send_signal(signal.SIGCONT)
    assert wait_for(lambda: server.text.count('"ready"') == 3, 60)
    assert '"worker ended"' in server.text
    assert goes_on()


def emails(client, pool):
    return {
        attribute["Value"]
        for page in client.get_paginator("list_users").paginate(UserPoolId=pool)
        for user in page["Users"]
        for attribute in user["Attributes"]
        if attribute["Name"] == "email"
    }


def test_workers_end_with_a_killed_supervisor(project, postgresql):
    """kill -9 of the supervisor leaves no worker behind."""
    port = free_port()
    with started(*arguments(project, postgresql, port, "--workers", "2"), cwd=project, given=SERVE) as server:
        assert ready(f"http://127.0.0.1:{port}")
        assert wait_for(lambda: server.text.count('"ready"') == 2, 60)
        children = server.family()
        server.process.kill()
        assert gone(children, 20), alive(children)


def test_workers_that_refuse_end_the_supervisor(project, postgresql):
    """When the workers cannot start, the supervisor says so with its status instead of trying for ever."""
    port = free_port()
    with started(*arguments(project, postgresql, port), cwd=project, given=SERVE):
        assert ready(f"http://127.0.0.1:{port}")
    other = without(POOLHOUSE_MASTER_KEY="QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=")
    result = run(*arguments(project, postgresql, port, "--workers", "2"), cwd=project, given=other)
    assert result.returncode == 1
    assert "master key is not the one" in result.stderr
    assert "Traceback" not in result.stderr


def test_acknowledged_users_survive_kill_9(project, database):
    """The server is killed under load; after a restart every user whose creation was answered is there."""
    port = free_port()
    told = []

    def create(client, pool, who):
        for number in range(10_000):
            name = f"{who}-{number}@example.com"
            try:
                client.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
            except (BotoCoreError, ClientError):
                return
            told.append(name)

    with started(*arguments(project, database, port), cwd=project, given=SERVE) as server:
        assert ready(f"http://127.0.0.1:{port}")
        client = cognito(port)
        pool = pool_of(client)
        with concurrent.futures.ThreadPoolExecutor(6) as threads:
            running = [threads.submit(create, client, pool, who) for who in range(6)]
            assert wait_for(lambda: len(told) > 60)
            server.process.kill()
            for one in running:
                one.result(60)
    with started(*arguments(project, database, port), cwd=project, given=SERVE):
        assert ready(f"http://127.0.0.1:{port}")
        client = cognito(port)
        assert pool_of(client) == pool
        found = emails(client, pool)
        assert [name for name in told if name not in found] == []


def test_a_secret_reaches_a_running_function(project, tmp_path):
    """F6: the function fails and names the secret; after `secret set` by another process it works within two seconds."""
    (project / "amplify" / "data" / "add_user_to_group" / "handler.py").write_text(
        "import os\n\n\ndef handler(event, context):\n    return {'said': os.environ['GREETING']}\n"
    )
    (project / "amplify" / "data" / "add_user_to_group" / "resource.py").write_text(
        "from poolhouse import define_function, secret\n\n"
        "add_user_to_group = define_function(name='add-user-to-group', environment={'GREETING': secret('GREETING')})\n"
    )
    data = project / "amplify" / "data" / "resource.py"
    data.write_text(
        data.read_text().replace('allow.group("ADMINS")', "allow.publicApiKey()").replace('"iam"', '"apiKey"')
    )
    with started("dev", "--project", str(project), "--port", "0", cwd=project) as server:
        url = server.says(r"Server +(http://\S+)")[1]
        assert ready(url)
        outputs = json.loads((project / "amplify_outputs.json").read_text())
        query = 'mutation { addUserToGroup(userId: "a", groupName: "b") }'

        def ask():
            return httpx.post(
                f"{url}/graphql", json={"query": query}, headers={"x-api-key": outputs["data"]["api_key"]}, timeout=30
            )

        assert "GREETING" in ask().json()["errors"][0]["message"]
        assert run("secret", "set", "GREETING", "--project", str(project), cwd=project, stdin="hello").returncode == 0
        began = time.monotonic()
        assert wait_for(lambda: "errors" not in ask().json(), 15)
        print(f"secret reached the function after {time.monotonic() - began:.2f} s")
        assert json.loads(ask().json()["data"]["addUserToGroup"]) == {"said": "hello"}
        assert server.end() == 0
        assert "hello" not in server.text
