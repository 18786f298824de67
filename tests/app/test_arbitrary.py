"""Whatever anybody sends: no answer is our fault, and who is not allowed changes nothing."""

import json

import pytest
from app.running import IDP
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poolhouse import service_model
from poolhouse.operations.families import served

TARGETS = sorted(
    f"{IDP if service == 'cognito-idp' else 'AWSCognitoIdentityService'}.{name}"
    for service, name in served()
    if service != "sts"
)
MEMBERS = sorted(
    {member for service, name in served() for member in service_model.operation(service, name).input.__struct_fields__}
)
SHORT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=12,
)
requests = st.dictionaries(st.sampled_from(MEMBERS), values, max_size=8)


@pytest.fixture(scope="module")
def untouched(server):
    """The state is the same after all examples."""
    server.person("constant@example.com")
    before = server.state()
    yield server
    assert server.state() == before


def check(response):
    assert response.status_code < 500, response.text
    body = response.json()
    assert isinstance(body, dict)
    if response.status_code != 200:
        assert body["__type"] + ":" == response.headers["x-amzn-errortype"]
        assert isinstance(body["message"], str)
    return response


@SHORT
@given(target=st.sampled_from(TARGETS), body=st.binary(max_size=300))
def test_arbitrary_bytes(untouched, target, body):
    """Bytes that mean nothing are refused in shape, for every operation."""
    check(untouched.post(target, body))


@SHORT
@given(target=st.sampled_from(TARGETS), request=requests)
def test_arbitrary_json_unsigned(untouched, target, request):
    """JSON with real member names and wild values: refused in shape, nothing changes."""
    body = json.dumps(request).encode("utf-8", "surrogatepass")
    check(untouched.post(target, body))


@SHORT
@given(target=st.sampled_from(TARGETS), request=requests)
def test_arbitrary_json_with_a_key_that_nobody_has(untouched, target, request):
    """A well-formed signature by a stranger gets no further than none at all."""
    body = json.dumps(request).encode()
    name = target.rpartition(".")[2]
    response = check(
        untouched.post(
            target,
            body,
            untouched.signature(name, body, Credentials("AKIAIOSFODNN7EXAMPLE", "x" * 40)) | {"X-Amz-Target": target},
        )
    )
    operation = service_model.by_target(target)
    if operation.auth == "iam":
        assert response.status_code == 400


READS = [
    "AdminGetUser",
    "AdminListGroupsForUser",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "GetGroup",
    "ListGroups",
    "ListUserPoolClients",
    "ListUserPools",
    "ListUsers",
    "ListUsersInGroup",
]


@SHORT
@given(name=st.sampled_from(READS), request=requests, real=st.booleans())
def test_arbitrary_json_from_root(untouched, name, request, real):
    """Even for root, wild values in reading operations are never our fault."""
    if real:
        request = {**request, "UserPoolId": untouched.pool}
    body = json.dumps(request).encode()
    check(untouched.post(None, body, untouched.signature(name, body)))


@SHORT
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "content-type", "date"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=120).map(str.strip),
    )
)
def test_arbitrary_headers(untouched, headers):
    """Signature headers full of nonsense are refused in shape."""
    response = untouched.post(f"{IDP}.ListUsers", {"UserPoolId": untouched.pool}, headers)
    assert check(response).status_code == 400


@SHORT
@given(
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=40),
    method=st.sampled_from(["GET", "POST", "OPTIONS", "PUT"]),
)
def test_arbitrary_paths(untouched, path, method):
    """No path makes the server fail."""
    response = untouched.http.request(method, "/" + path.lstrip("/"))
    assert response.status_code < 500
