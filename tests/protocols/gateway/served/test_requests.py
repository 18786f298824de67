"""Requests and answers over real HTTP, through a real function."""

import socket

import pytest

from poolhouse.telemetry import REGISTRY


@pytest.fixture
def token(server):
    return server.person("ADMINS").session.access_token


def ask(server, token, url="/dev/x", method="GET", **more):
    headers = {"authorization": token} | more.pop("headers", {})
    return server.running.http.request(method, url, headers=headers, **more)


def test_the_event_over_http(server, token):
    """What uvicorn delivers becomes the event, and the event the answer."""
    answer = ask(server, token, "/dev//a%2Fb/?q=a+b&q=c", "POST", content=b'{"a":1}')
    event = answer.json()
    assert (event["path"], event["pathParameters"]) == ("/a%2Fb/", {"proxy": "a/b"})
    assert event["multiValueQueryStringParameters"] == {"q": ["a b", "c"]}
    assert (event["httpMethod"], event["body"]) == ("POST", '{"a":1}')
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert event["requestContext"]["domainName"] == "127.0.0.1"
    assert event["requestContext"]["requestId"] == answer.headers["x-amzn-requestid"]
    assert event["requestContext"]["apiId"] == server.applied.rest_apis["AdminQueries"]


@pytest.mark.parametrize(("do", "status"), [("crash", 502), ("nothing", 502), ("large", 502), ("sleep", 502)])
def test_a_function_that_fails(server, token, do, status):
    """Also when it runs into its own time limit, which is shorter than the gateway's."""
    answer = ask(server, token, params={"do": do})
    assert (answer.status_code, answer.json()) == (status, {"message": "Internal server error"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert ask(server, token).status_code == 200


def test_a_body_that_a_function_cannot_take(server, token):
    """Ten megabytes at the gateway, six at Lambda."""
    for size in (6_400_000, 10_485_761):
        answer = ask(server, token, method="POST", content=b"x" * size)
        assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})
    assert ask(server, token, method="POST", content=b"x" * 100_000).json()["body"] == "x" * 100_000


def test_a_refused_upload_does_not_break_the_connection(server, token):
    """The next request on it is answered."""
    answer = server.running.http.post("/dev/x", content=b"x" * 3_000_000)
    assert answer.status_code == 401
    assert ask(server, token).status_code == 200


def test_preflight_over_http(server):
    headers = {
        "origin": "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-amz-user-agent",
    }
    answer = server.running.http.options("/dev/listUsers", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Amz-User-Agent" in answer.headers["access-control-allow-headers"]


def test_routes_of_the_second_api(server, token):
    """An open route, a guarded one, and one method only; its origins are its own."""
    http = server.running.http
    opened = http.get("/reports/prod/reports/7", headers={"origin": "https://app.example.com"})
    assert opened.json()["pathParameters"] == {"id": "7"}
    assert opened.headers["access-control-allow-origin"] == "https://app.example.com"
    assert http.post("/reports/prod/reports").status_code == 401
    assert ask(server, token, "/reports/prod/reports", "POST").status_code == 200
    assert ask(server, token, "/reports/prod/reports").status_code == 403
    assert http.get("/reports/dev/reports/7").json() == {"message": "Forbidden"}
    assert http.get("/reports/prod/nope").json() == {"message": "Missing Authentication Token"}


def test_head_has_no_body(server, token):
    answer = ask(server, token, method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


def test_paths_of_the_server_stay_its_own(server):
    """What begins like a stage is none."""
    for path in ("/device/x", "/de", "/DEV/x", "/reports-2/prod/x"):
        assert server.running.http.get(path).status_code == 404, path
    assert server.running.http.get("/health/ready").status_code == 200


@pytest.mark.parametrize(
    "request_line", [b"GET /dev/a/../b HTTP/1.1", b"GET /dev/%2e%2e/graphql HTTP/1.1", b"GET /dev/./a HTTP/1.1"]
)
def test_dots_in_a_path(server, request_line):
    """As no client library would send them."""
    port = server.running.settings.port
    with socket.create_connection(("127.0.0.1", port), 5) as raw:
        raw.sendall(request_line + b"\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b'{"message":"Forbidden"}' in answer


def test_clients_find_the_apis(server):
    """The section that a JavaScript app hands to Amplify.configure."""
    url = server.running.url
    assert server.outputs["custom"]["API"] == {
        "AdminQueries": {"endpoint": f"{url}/dev", "region": "us-east-1", "apiName": "AdminQueries"},
        "reports": {"endpoint": f"{url}/reports/prod", "region": "us-east-1", "apiName": "reports"},
    }


def test_nobody_is_counted_by_what_he_sends(server, token):
    """Metrics are named by routes, so that no caller can fill them."""
    for path in ("/dev/one", "/dev/two"):
        ask(server, token, path)
    server.running.http.request("BREW", "/dev/three")
    told = {
        sample.labels["operation"]
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if "operation" in sample.labels
    }
    assert "AdminQueries ANY /{proxy+}" in told
    assert not any(word in " ".join(told) for word in ("one", "two", "three", "BREW"))
