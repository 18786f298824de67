"""The AWS endpoints over real HTTP: framing, errors, CORS. The state is read back after every refusal."""

import re
import uuid
from email.utils import parsedate_to_datetime

import pytest
from app.running import IDENTITY, IDP, JSON_TYPE

from poolhouse import service_model
from poolhouse.operations.families import served

REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def refusal(response, code, status=400):
    """Check an error's shape in every place where a client looks; returns its message."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == JSON_TYPE
    assert response.headers["x-amzn-errortype"] == f"{code}:"
    assert response.headers["x-amzn-errormessage"].isprintable()
    assert REQUEST_ID.fullmatch(response.headers["x-amzn-requestid"])
    assert parsedate_to_datetime(response.headers["date"])
    assert response.headers["access-control-allow-origin"] == "*"
    body = response.json()
    assert set(body) == {"__type", "message"}
    assert body["__type"] == code
    return body["message"]


def test_success_carries_id_date_and_type(server):
    """An answer is JSON 1.1 with a request id, a date and open CORS."""
    response = server.signed("ListUserPools", MaxResults=1)
    assert response.status_code == 200
    assert response.headers["content-type"] == JSON_TYPE
    assert REQUEST_ID.fullmatch(response.headers["x-amzn-requestid"])
    assert parsedate_to_datetime(response.headers["date"])
    assert response.headers["access-control-allow-origin"] == "*"


def test_request_ids_differ(server):
    """No two answers share an id."""
    assert len({server.public("X").headers["x-amzn-requestid"] for _ in range(5)}) == 5


def test_void_answers_are_two_bytes(server):
    """Amplify parses JSON from every answer, so a void operation says `{}`."""
    name = {"UserPoolId": server.pool, "Username": f"{uuid.uuid4()}@example.com"}
    server.person(name["Username"])
    for operation, more in [
        ("AdminDisableUser", {}),
        ("AdminAddUserToGroup", {"GroupName": "ADMINS"}),
        ("AdminDeleteUser", {}),
    ]:
        response = server.signed(operation, **name, **more)
        assert (response.status_code, response.content) == (200, b"{}"), operation


def test_a_request_without_target(server):
    """No operation named: 400, JSON and the error's headers."""
    assert "X-Amz-Target" in refusal(server.post(None, {}), "UnknownOperationException")


@pytest.mark.parametrize(
    "target",
    [
        f"{IDP}.NoSuchOperation",
        f"{IDP}.",
        "NoSuchService.ListUsers",
        f"{IDP}.listUsers",
        "ListUsers",
        f"{IDP}.ListUsers.ListUsers",
        "x" * 4000,
        "../../etc/passwd",
        "<script>alert(1)</script>",
    ],
)
def test_unknown_operations(server, target):
    """Whatever is no operation is an UnknownOperationException that is safe to print."""
    message = refusal(server.post(target, {}), "UnknownOperationException")
    assert message.isprintable()
    assert len(message) < 300


def unserved(auth):
    """The target and the name of an operation that AWS has and this version has not."""
    for service, prefix in (("cognito-identity", IDENTITY), ("cognito-idp", IDP)):
        for operation in service_model.operations(service):
            if (service, operation.name) not in served() and operation.auth == auth:
                return f"{prefix}.{operation.name}", f"{service}:{operation.name}"
    raise AssertionError(f"every {auth} operation is served")


def test_an_operation_that_is_not_served_names_itself(server):
    """What AWS has and this version has not is refused by name, not as unknown, before its members are looked at."""
    target, name = unserved("public")
    assert name in refusal(server.post(target, {}), "NotImplementedException")


def test_an_unserved_admin_operation_still_wants_a_signature(server):
    """Who is nobody does not learn what is served."""
    refusal(server.post(unserved("iam")[0], {}), "MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe{}",
        b"{'a': 1}",
        b'{"a": 1} x',
        b"\x00",
        b"NaN",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_malformed_json(server, body):
    """What is no JSON object is a SerializationException, however deep or broken it is."""
    refusal(server.post(f"{IDP}.InitiateAuth", body), "SerializationException")


def test_null_members_are_absent(server):
    """An explicit null is the same as nothing."""
    answer = server.signed("ListUsers", UserPoolId=server.pool, Filter=None, Limit=None, PaginationToken=None)
    assert answer.status_code == 200
    message = refusal(server.signed("ListUserPools", MaxResults=None), "InvalidParameterException")
    assert message == (
        "1 validation error detected: Value null at 'maxResults' failed to satisfy constraint: Member must not be null"
    )


def test_violations_are_collected(server):
    """Two broken constraints are one error with both parts."""
    message = refusal(server.signed("ListUsers", UserPoolId="no pool!", Limit=61), "InvalidParameterException")
    assert message.startswith("2 validation errors detected: ")
    assert message.count("; ") == 1
    assert "'userPoolId'" in message
    assert "'limit'" in message


def test_a_password_is_never_echoed(server):
    """A refused password does not come back, nor does it reach a header."""
    response = server.public("SignUp", ClientId=server.client, Username="a@example.com", Password="hush hush")
    assert "Value at 'password' failed" in refusal(response, "InvalidParameterException")
    assert "hush" not in response.text + str(response.headers)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_only_post_reaches_an_operation(server, method):
    """Another method is refused even when it is signed, and changes nothing."""
    before = server.state()
    response = server.post(
        f"{IDP}.SignUp",
        {"ClientId": server.client, "Username": "m@example.com", "Password": "Abcdef-12345"},
        method=method,
    )
    assert response.status_code == 400
    assert response.headers["x-amzn-errortype"] == "UnknownOperationException:"
    assert server.state() == before


def test_the_largest_body_and_one_byte_more(server):
    """A body of exactly one mebibyte is read; a longer one is refused in AWS's shape."""
    limit = 1_048_576
    frame = b'{"a":"%s"}'
    fits = frame % (b"x" * (limit - len(frame) + 2))
    assert len(fits) == limit
    refusal(server.post(f"{IDP}.InitiateAuth", fits), "InvalidParameterException")
    refusal(server.post(f"{IDP}.InitiateAuth", fits + b" "), "RequestEntityTooLargeException", 413)


def test_a_body_that_never_ends_is_cut_off(server):
    """A chunked body is counted while it arrives."""

    def endless():
        for _ in range(100):
            yield b"x" * 65536

    response = server.http.post("/", content=endless(), headers={"x-amz-target": f"{IDP}.InitiateAuth"})
    refusal(response, "RequestEntityTooLargeException", 413)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x", "image/png", ""]
)
def test_the_target_decides_not_the_content_type(server, content_type):
    """A target with another content type is answered as JSON."""
    response = server.post(f"{IDP}.InitiateAuth", {}, {"content-type": content_type})
    refusal(response, "InvalidParameterException")


def test_a_compressed_body_is_not_unpacked(server):
    """Content-Encoding is ignored: packed bytes are no JSON, so no bomb goes off."""
    import gzip

    packed = gzip.compress(b"{}" + b" " * 10_000_000)
    refusal(server.post(f"{IDP}.InitiateAuth", packed, {"content-encoding": "gzip"}), "SerializationException")


def test_preflight_allows_what_browsers_send(server):
    """OPTIONS with Amplify's headers is answered with exactly the permission they need, without credentials."""
    asked = "x-amz-target,x-amz-user-agent,content-type,cache-control,authorization,x-amz-date,x-amz-security-token,amz-sdk-invocation-id,amz-sdk-request"
    response = server.http.options(
        "/",
        headers={
            "origin": "https://app.example.com",
            "access-control-request-method": "POST",
            "access-control-request-headers": asked,
        },
    )
    assert response.status_code == 204
    assert set(asked.split(",")) <= set(response.headers["access-control-allow-headers"].split(","))
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "path", ["/", "/graphql", "/nothing/here", "/health/ready", "/us-east-1_x/.well-known/jwks.json"]
)
def test_no_origin_is_reflected(server, path):
    """Neither a foreign nor the null origin gets itself back, and never with credentials."""
    for origin in ("https://evil.example", "null"):
        for method in ("GET", "POST", "OPTIONS"):
            headers = server.http.request(method, path, headers={"origin": origin}).headers
            assert headers.get("access-control-allow-origin", "*") == "*"
            assert "access-control-allow-credentials" not in headers


def test_errors_are_readable_across_origins(server):
    """A script may read the error's type, its text and the request id."""
    exposed = server.public("X").headers["access-control-expose-headers"].lower().split(",")
    assert {"x-amzn-errortype", "x-amzn-requestid", "x-amzn-errormessage", "date"} <= set(exposed)


@pytest.mark.parametrize(
    "garbage", ["x", "Bearer abc", "AWS4-HMAC-SHA256 Credential=a/b", "AWS4-HMAC-SHA256 " + "x" * 3000]
)
def test_a_stray_authorization_on_a_public_operation_is_ignored(server, garbage):
    """Public operations are not signed; what stands in the header does not matter."""
    request = {
        "AuthFlow": "USER_SRP_AUTH",
        "ClientId": server.client,
        "AuthParameters": {"USERNAME": "nobody@example.com", "SRP_A": "0"},
    }
    plain = server.post(f"{IDP}.InitiateAuth", request)
    stray = server.post(f"{IDP}.InitiateAuth", request, {"authorization": garbage})
    assert (plain.status_code, plain.json()) == (stray.status_code, stray.json())
    assert plain.json()["__type"] == "InvalidParameterException"


def test_no_server_software_is_named(server):
    """Answers do not say what they were made with, beyond uvicorn's own default in this test."""
    assert "x-powered-by" not in server.public("X").headers


@pytest.mark.parametrize("service", [IDP, IDENTITY])
def test_services_are_told_apart(server, service):
    """An operation of one service is unknown to the other."""
    foreign = "GetId" if service == IDP else "ListUsers"
    refusal(server.public(foreign, service), "UnknownOperationException")


def test_host_headers_do_not_reach_documents(server):
    """The issuer is the configured address, whatever Host or X-Forwarded-Host claim."""
    poison = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "forwarded": "host=evil.example",
        "x-forwarded-proto": "https",
    }
    document = server.http.get(f"/{server.pool}/.well-known/openid-configuration", headers=poison)
    assert "evil" not in document.text
    assert document.json()["issuer"] == f"{server.url}/{server.pool}"
