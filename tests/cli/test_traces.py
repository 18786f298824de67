"""Traces of a real server, as a real collector gets them: what is in them, what never is, and when there are none."""

import contextlib
import json
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import httpx
import pytest
from cli.collector import Collector, collecting
from cli.command import COMMAND, ROOT_KEY, ROOT_SECRET, SERVE, environment, ready, run, started, wait_for
from fresh import free_port

from poolhouse.client import OperationError, generate_client, sign_in
from poolhouse.errors import SettingError
from poolhouse.telemetry.traces import wanted

PASSWORD = "Correct-Horse-9"
ADMIN, MEMBER = "traced-admin@example.com", "traced-member@example.com"
SERVER, CLIENT = 2, 3
# Sampled by its caller, and not.
OURS, SILENT = "4bf92f3577b34da6a3ce929d0e0e4736", "5bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


def exporting(collector: Collector, **more: str) -> dict[str, str]:
    """So that nothing is sent before the end: what comes was flushed by it."""
    return {**SERVE, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "600000", **more}


def client(url):
    keys = {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}
    return boto3.client("cognito-idp", endpoint_url=url, region_name="us-east-1", **keys)


@contextlib.contextmanager
def hook():
    """Whoever takes the audit stream, at an address that is nobody's business; the bodies that came."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            taken.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/traced-hook?code=traced-key", taken
        finally:
            server.shutdown()
            thread.join()


def outward(address):
    """Settings with which mail goes to a server that is not there, and the audit trail to one that is."""
    return {
        "POOLHOUSE_SMTP_URL": f"smtp+plain://127.0.0.1:{free_port()}",
        "POOLHOUSE_EMAIL_FROM": "traced-from@example.com",
        "POOLHOUSE_AUDIT_STREAM": address,
        "POOLHOUSE_AUDIT_STREAM_SECRET": "traced-signing-secret",
    }


def main_job(url, outputs):
    """An administrator's mutation, whose function calls back; and a refusal. What was seen of people is given back."""
    pool, root = outputs["auth"]["user_pool_id"], client(url)
    for email in (ADMIN, MEMBER):
        name = {"UserPoolId": pool, "Username": email}
        known = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        made = root.admin_create_user(**name, UserAttributes=known, DesiredDeliveryMediums=["EMAIL"])
        root.admin_set_user_password(**name, Password=PASSWORD, Permanent=True)
    root.admin_add_user_to_group(UserPoolId=pool, Username=ADMIN, GroupName="ADMINS")
    with pytest.raises(root.exceptions.UserNotFoundException):
        root.admin_get_user(UserPoolId=pool, Username="traced-nobody")
    session = sign_in(outputs, ADMIN, PASSWORD)
    member = made["User"]["Username"]
    other = generate_client(outputs, session=sign_in(outputs, MEMBER, PASSWORD), auth_mode="userPool")
    with pytest.raises(OperationError, match="Not Authorized"):
        other.mutations.add_user_to_group(user_id=member, group_name="ADMINS")
    generate_client(outputs, session=session).mutations.add_user_to_group(user_id=member, group_name="ADMINS")
    root.close()
    people = [ADMIN, MEMBER, PASSWORD, "traced-nobody", member, session.claims["sub"], session.access_token]
    return [*people, ROOT_SECRET, "traced-hook", "traced-key", "traced-from", "traced-signing"]


def carried(url):
    """Requests that somebody else's trace brings, to paths that name people."""
    for trace, flag in ((OURS, "01"), (SILENT, "00")):
        headers = {"traceparent": f"00-{trace}-{CALLER}-{flag}", "x-secret": "traced-secret"}
        assert httpx.get(f"{url}/traced-path/x?code=traced-query", headers=headers).status_code == 404
    assert httpx.get(f"{url}/health/ready").status_code == 200
    return ["traced-secret", "traced-path", "traced-query"]


def test_what_a_collector_gets(applied, database_kind, tmp_path):
    """One trace from the mutation to the statement of its function's call, by one process and by one of several."""
    project, database = applied
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    several = ["--workers", "2"] if database_kind == "postgresql" else []
    arguments = ("serve", "--project", str(project), "--database", database, "--port", str(port), *several)
    with collecting() as collector, hook() as (address, taken):
        given = exporting(collector, OTEL_SERVICE_NAME="traced", POOLHOUSE_PUBLIC_URL=url, **outward(address))
        given["POOLHOUSE_MASTER_KEY_FILE"] = str(project / ".poolhouse" / "master.key")
        del given["POOLHOUSE_MASTER_KEY"]
        with started(*arguments, cwd=project, given=given) as server:
            assert ready(url), server.text
            out = ("generate", "outputs", "--project", str(project), "--out-dir", str(tmp_path), "--database", database)
            assert run(*out, cwd=project, given=given).returncode == 0
            outputs = json.loads((tmp_path / "amplify_outputs.json").read_text())
            hidden = main_job(url, outputs) + carried(url)
            assert wait_for(lambda: taken and '"message is tried again"' in server.text), server.text
            assert collector.spans == []
            assert server.end(signal.SIGTERM) == 0
            events = [json.loads(line) for line in server.lines]
        the_mutation(collector, database_kind, outputs["auth"]["user_pool_id"])
        the_refusal(collector, events)
        the_refused_mutation(collector)
        the_outward_calls(collector)
        the_context(collector)
        assert {span.service for span in collector.spans} == {"traced"}
        told = repr(collector.spans)
        assert [text for text in hidden if text in told] == []


def the_mutation(collector, system, pool):
    """Edge, function, edge of the function's call, operation, write."""
    (invoked,) = collector.named("invoke add-user-to-group")
    edge = collector.above(invoked)
    (called,) = collector.below(invoked)
    (added,) = [one for one in collector.below(called) if one.kind not in (SERVER, CLIENT)]
    assert (edge.name, edge.kind, edge.parent) == ("POST /graphql", SERVER, "")
    assert edge.told["http.request.method"] == "POST"
    assert edge.told["http.response.status_code"] == 200
    assert (invoked.kind, invoked.told["faas.coldstart"]) == (CLIENT, True)
    assert invoked.told["poolhouse.run_ms"] > 0
    assert (called.name, called.kind, called.told["http.route"]) == ("POST /", SERVER, "/")
    assert (added.told["rpc.method"], added.told["poolhouse.user_pool"]) == ("AdminAddUserToGroup", pool)
    (write,) = [one for one in collector.below(added) if one.name == f"{system} write"]
    assert write.told["db.system.name"] == system
    assert {"poolhouse.wait_ms", "poolhouse.commit_ms"} <= write.told.keys()
    assert not any(one.failed for one in (edge, invoked, called, added, write))


def the_refusal(collector, events):
    """A refusal has its code and is no failure; its line in the log has the ids."""
    (refused,) = collector.named("AdminGetUser")
    edge = collector.above(refused)
    for span in (refused, edge):
        assert (span.told["error.type"], span.failed) == ("UserNotFoundException", False)
    assert edge.told["http.response.status_code"] == 400
    (line,) = [one for one in events if one.get("error") == "UserNotFoundException"]
    assert (line["trace_id"], line["span_id"]) == (edge.trace, edge.id)
    assert "trace_id" not in next(one for one in events if one["event"] == "ready")


def the_refused_mutation(collector):
    """GraphQL answers 200 to what it refuses: the span has the error all the same, and no function was run."""
    (refused,) = collector.named("POST /graphql", **{"error.type": "Unauthorized"})
    assert (refused.told["graphql.operation.type"], refused.told["http.response.status_code"]) == ("mutation", 200)
    assert not refused.failed
    assert [one for one in collector.below(refused) if one.name.startswith("invoke")] == []


def the_outward_calls(collector):
    """Mail that a server does not take is a failed attempt; the audit stream is a request of ours."""
    (sent, *_) = collector.named("deliver EMAIL")
    (tried,) = collector.below(sent)
    assert (tried.name, tried.kind, tried.told["server.address"]) == ("smtp", CLIENT, "127.0.0.1")
    assert sent.told["poolhouse.attempt"] == 1
    (asked,) = [one for one in collector.spans if ((one.trace, one.id),) == sent.links]
    assert (asked.name, asked.trace == sent.trace) == ("AdminCreateUser", False)
    for span in (sent, tried):
        assert (span.failed, span.told["error.type"]) == (True, "ConnectionRefusedError")
    (streamed, *_) = [one for one in collector.named("POST") if one.kind == CLIENT]
    assert (streamed.told["http.response.status_code"], streamed.failed) == (202, False)
    assert streamed.told.keys() == {"http.request.method", "url.scheme", "server.address", "http.response.status_code"}


def the_context(collector):
    """The caller's trace goes on; one that its caller does not sample is not sent; health checks are none."""
    (found,) = [one for one in collector.spans if one.trace == OURS]
    assert (found.name, found.parent) == ("GET", CALLER)
    assert [one for one in collector.spans if one.trace == SILENT or "health" in repr(one)] == []


def test_off(project, tmp_path):
    """What switches OpenTelemetry off switches us off, wherever the collector is."""
    database = f"sqlite:///{tmp_path}/off.db"
    with collecting() as collector:
        arguments = ("serve", "--project", str(project), "--database", database, "--port", str(port := free_port()))
        with started(*arguments, cwd=project, given=exporting(collector, OTEL_SDK_DISABLED="true")) as server:
            assert ready(f"http://127.0.0.1:{port}"), server.text
            assert client(f"http://127.0.0.1:{port}").list_user_pools(MaxResults=1)["UserPools"]
            assert server.end(signal.SIGTERM) == 0
        assert (collector.connections, collector.spans) == (0, [])
    assert "trace_id" not in server.text


def test_a_collector_that_is_down(project, tmp_path):
    """Callers do not notice, the log says it once and in its own form, and the end does not wait for it."""
    database = f"sqlite:///{tmp_path}/down.db"
    given = SERVE | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_EXPORTER_OTLP_HEADERS": "traced-header",
    }
    arguments = ("serve", "--project", str(project), "--database", database, "--port", str(port := free_port()))
    began = time.monotonic()
    with started(*arguments, cwd=project, given=given) as server:
        assert ready(f"http://127.0.0.1:{port}"), server.text
        for _ in range(3):
            assert client(f"http://127.0.0.1:{port}").list_user_pools(MaxResults=1)["UserPools"]
        assert wait_for(lambda: '"traces"' in server.text)
        assert server.end(signal.SIGTERM) == 0
    told = [one for one in map(json.loads, server.lines) if one["event"] == "traces"]
    assert len(told) <= 1 + (time.monotonic() - began) / 30
    assert told[0]["level"] == "warning"
    assert "traced-header" not in server.text


def test_without_the_extra(project, tmp_path):
    """The start is refused, and says what to install."""
    blocked = tmp_path / "blocked" / "opentelemetry"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ModuleNotFoundError('not here', name='opentelemetry')\n")
    given = SERVE | {"OTEL_TRACES_EXPORTER": "otlp", "PYTHONPATH": str(blocked.parent)}
    arguments = ("serve", "--project", str(project), "--database", f"sqlite:///{tmp_path}/x.db", "--port", "0")
    result = subprocess.run(
        [*COMMAND, *arguments], cwd=project, env=environment(given), capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "pip install 'poolhouse[otel]'" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "x.db").exists()


def test_variables_that_cannot_be_read(project, tmp_path):
    """Told like our own settings."""
    given = SERVE | ENDPOINT | {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100000"}
    arguments = ("serve", "--project", str(project), "--database", f"sqlite:///{tmp_path}/x.db", "--port", "0")
    result = run(*arguments, cwd=project, given=given)
    assert result.returncode == 1
    assert "max_export_batch_size" in result.stderr
    assert "Traceback" not in result.stderr


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("variables", "answer"),
    [
        ({}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False),
    ],
)
def test_who_wants_traces(variables, answer):
    assert wanted(variables) is answer


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER=zipkin"),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "grpc"),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}, "http/json"),
    ],
)
def test_what_is_not_there_is_refused(variables, told):
    """Rather than traces that silently go nowhere."""
    with pytest.raises(SettingError, match=told):
        wanted(variables)
