"""Who may do what over HTTP: signatures, principals, policies. The state is read back after every refusal."""

import json
import uuid
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from app.running import IDENTITY, IDP, PASSWORD
from app.test_wire import refusal
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from poolhouse.access import credentials as issued
from poolhouse.app import clock


@pytest.fixture(scope="module")
def victim(server):
    """A user whom the refused requests are about."""
    email = f"{uuid.uuid4()}@example.com"
    server.person(email)
    return email


@pytest.fixture
def promote(server, victim):
    """The body of an admin operation, and the check that it did nothing."""
    before = server.state()
    yield json.dumps({"UserPoolId": server.pool, "Username": victim, "GroupName": "ADMINS"}).encode()
    assert server.state() == before


OPERATION = "AdminAddUserToGroup"


def send(server, body, headers):
    return server.post(f"{IDP}.{OPERATION}", body, headers)


def test_boto3_as_root_may_do_everything(server, victim):
    """A real SDK's signature is verified and root is allowed."""
    client = server.aws("cognito-idp")
    client.admin_add_user_to_group(UserPoolId=server.pool, Username=victim, GroupName="ADMINS")
    found = client.admin_list_groups_for_user(UserPoolId=server.pool, Username=victim)
    assert [group["GroupName"] for group in found["Groups"]] == ["ADMINS"]
    client.admin_remove_user_from_group(UserPoolId=server.pool, Username=victim, GroupName="ADMINS")


def test_an_unsigned_admin_operation(server, promote):
    """Without a signature: AWS's words and no more."""
    assert refusal(send(server, promote, {}), "MissingAuthenticationTokenException") == "Missing Authentication Token"


def test_an_unsigned_malformed_admin_request(server, promote):
    """The signature is asked for before the content is looked at."""
    refusal(send(server, b"{", {}), "MissingAuthenticationTokenException")


def access_token(server, email):
    """A user's own access token, by way of a client that takes plain passwords."""
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = server.signed("CreateUserPoolClient", UserPoolId=server.pool, ClientName="t", ExplicitAuthFlows=flows)
    parameters = {"USERNAME": email, "PASSWORD": PASSWORD}
    client = made.json()["UserPoolClient"]["ClientId"]
    answer = server.public("InitiateAuth", ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    return answer.json()["AuthenticationResult"]["AccessToken"]


def test_an_access_token_is_no_signature(server, victim):
    """A user's own token, with or without Bearer, opens no admin operation."""
    token = access_token(server, victim)
    before = server.state()
    request = {"UserPoolId": server.pool, "Username": victim, "GroupName": "ADMINS"}
    for value in (token, f"Bearer {token}"):
        response = send(server, json.dumps(request).encode(), {"authorization": value})
        assert response.status_code == 400
        assert response.json()["__type"] in {"MissingAuthenticationTokenException", "IncompleteSignatureException"}
    assert server.state() == before


def test_a_body_changed_after_signing(server, promote):
    """The signature covers the body."""
    headers = server.signature(OPERATION, promote)
    message = refusal(send(server, promote.replace(b"ADMINS", b"OTHERS"), headers), "InvalidSignatureException")
    assert message.startswith("The request signature we calculated does not match")


def test_a_target_changed_after_signing(server, promote, victim):
    """The signature covers the operation's name."""
    headers = {**server.signature("AdminGetUser", promote), "x-amz-target": f"{IDP}.{OPERATION}"}
    refusal(server.post(None, promote, headers), "InvalidSignatureException")


@pytest.mark.parametrize("minutes", [-20, -6, 6, 60 * 24])
def test_a_signature_of_another_time(server, promote, minutes):
    """A request signed more than five minutes off is refused, though its signature is right."""
    import botocore.auth

    class Elsewhen(botocore.auth.SigV4Auth):
        def add_auth(self, request):
            when = datetime.now(UTC) + timedelta(minutes=minutes)
            request.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
            self._modify_request_before_signing(request)
            canonical = self.canonical_request(request)
            signature = self.signature(self.string_to_sign(request, canonical), request)
            self._inject_signature_to_request(request, signature)

    request = botocore.awsrequest.AWSRequest(
        "POST",
        server.url + "/",
        {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{IDP}.{OPERATION}"},
        promote,
    )
    Elsewhen(server.root, "cognito-idp", "us-east-1").add_auth(request)
    message = refusal(send(server, promote, dict(request.headers.items())), "InvalidSignatureException")
    assert message.startswith("Signature expired" if minutes < 0 else "Signature not yet current")


def test_an_unknown_key(server, promote):
    """AWS's words for a key that nobody has."""
    headers = server.signature(OPERATION, promote, Credentials("AKIAIOSFODNN7EXAMPLE", "x" * 40))
    message = refusal(send(server, promote, headers), "UnrecognizedClientException")
    assert message == "The security token included in the request is invalid."


def test_the_right_key_with_a_wrong_secret(server, promote):
    """A known key id proves nothing."""
    key = Credentials(server.root.access_key, "y" * 40)
    refusal(send(server, promote, server.signature(OPERATION, promote, key)), "InvalidSignatureException")


@pytest.mark.parametrize("service", ["appsync", "s3", "iam"])
def test_a_signature_for_another_service(server, promote, service):
    """A signature is good for the service that it was made for."""
    response = send(server, promote, server.signature(OPERATION, promote, service=service))
    assert response.status_code == 400
    assert response.json()["__type"] == "InvalidSignatureException"


def test_a_signature_for_another_region(server, promote):
    """In dev regions are kept apart: the pool does not exist in another one."""
    headers = server.signature(OPERATION, promote, region="eu-central-1")
    refusal(send(server, promote, headers), "ResourceNotFoundException")


def test_a_replayed_signature_on_another_path(server, promote):
    """The signature covers the path, and no other path serves operations."""
    headers = server.signature(OPERATION, promote)
    for path in ("/x", "/%2e", "/graphql"):
        response = server.http.post(path, content=promote, headers=headers)
        assert response.status_code >= 400


def function_key(server, **more):
    role = server.server.applied.function_roles["add-user-to-group"]
    grant = issued.SessionGrant(role, "add-user-to-group")
    made = issued.issue(server.server.services.vault, grant, more.get("now", clock()), more.get("seconds", 600))
    return Credentials(made.access_key_id, made.secret_access_key, made.session_token)


def test_a_function_may_exactly_what_it_was_granted(server, victim):
    """The grant addUserToGroup opens that operation on that pool and nothing else."""
    key, name = function_key(server), {"UserPoolId": server.pool, "Username": victim}
    assert server.signed(OPERATION, key=key, **name, GroupName="ADMINS").status_code == 200
    server.signed("AdminRemoveUserFromGroup", **name, GroupName="ADMINS")
    before = server.state()
    for operation, request in [
        ("AdminDeleteUser", name),
        ("AdminRemoveUserFromGroup", {**name, "GroupName": "ADMINS"}),
        ("ListUsers", {"UserPoolId": server.pool}),
        ("CreateUserPool", {"PoolName": "mine"}),
        ("DeleteUserPool", {"UserPoolId": server.pool}),
    ]:
        message = refusal(server.signed(operation, key=key, **request), "AccessDeniedException")
        assert "assumed-role/" in message
        assert f"is not authorized to perform: cognito-idp:{operation} on resource: " in message
        assert message.endswith(f"because no identity-based policy allows the cognito-idp:{operation} action")
    assert server.state() == before


@pytest.mark.parametrize("pool", ["us-east-1_Elsewhere", "eu-west-1_Elsewhere"])
def test_another_pool_is_denied_whether_it_exists_or_not(server, promote, pool):
    """A grant on one pool says nothing about another one, not even that there is none."""
    answer = server.signed(OPERATION, key=function_key(server), UserPoolId=pool, Username="x", GroupName="ADMINS")
    refusal(answer, "AccessDeniedException")


def test_temporary_credentials_without_their_token(server, promote):
    """Key id and secret of a session are nothing without the session token."""
    key = function_key(server)
    headers = server.signature(OPERATION, promote, Credentials(key.access_key, key.secret_key))
    refusal(send(server, promote, headers), "UnrecognizedClientException")


def test_expired_temporary_credentials(server, promote):
    """A session has an end."""
    key = function_key(server, now=clock() - 3_600_000_000, seconds=900)
    refusal(send(server, promote, server.signature(OPERATION, promote, key)), "ExpiredTokenException")


def test_a_changed_session_token(server, promote):
    """Every character of the sealed token counts."""
    key = function_key(server)
    for place in (0, len(key.token) // 2, len(key.token) - 1):
        other = "A" if key.token[place] != "A" else "B"
        token = key.token[:place] + other + key.token[place + 1 :]
        headers = server.signature(OPERATION, promote, Credentials(key.access_key, key.secret_key, token))
        refusal(send(server, promote, headers), "UnrecognizedClientException")


def test_who_am_i(server):
    """GetCallerIdentity answers boto3 in XML, for root and for a role without any permission for it."""
    root = server.aws("sts").get_caller_identity()
    assert (root["Account"], root["Arn"]) == ("000000000000", "arn:aws:iam::000000000000:root")
    role = server.aws("sts", function_key(server)).get_caller_identity()
    assert role["Arn"].startswith("arn:aws:sts::000000000000:assumed-role/")
    assert role["Arn"].endswith("/add-user-to-group")
    assert role["UserId"].endswith(":add-user-to-group")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (Credentials("AKIAIOSFODNN7EXAMPLE", "x" * 40), "InvalidClientTokenId"),
        (Credentials("AKIATESTROOTTESTROOT", "x" * 40), "SignatureDoesNotMatch"),
    ],
)
def test_sts_refuses_in_its_own_words(server, key, code):
    """STS names its errors differently and answers 403 in XML."""
    with pytest.raises(ClientError) as caught:
        server.aws("sts", key).get_caller_identity()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ("Action=GetCallerIdentity&Version=2011-06-15", 403, "MissingAuthenticationToken"),
        ("Action=DropTables&Version=2011-06-15", 400, "InvalidAction"),
        ("Action=GetCallerIdentity&Version=1999-01-01", 400, "InvalidAction"),
        ("Action=%3Cscript%3E%00&Version=2011-06-15", 400, "InvalidAction"),
        ("", 400, "InvalidAction"),
        ("&".join(f"a{n}=1" for n in range(500)), 400, "Serialization"),
    ],
)
def test_sts_errors_are_xml(server, form, status, code):
    """A bad form is told in the query protocol's shape, with the type header."""
    response = server.http.post(
        "/", content=form, headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    )
    assert response.status_code == status
    assert response.headers["content-type"] == "text/xml"
    document = ET.fromstring(response.text)
    space = "{https://sts.amazonaws.com/doc/2011-06-15/}"
    assert document.findtext(f"{space}Error/{space}Code") == code
    assert document.findtext(f"{space}Error/{space}Type") == "Sender"
    assert document.findtext(f"{space}RequestId") == response.headers["x-amzn-requestid"]


def guest(server):
    identity = server.public("GetId", IDENTITY, IdentityPoolId=server.identity_pool).json()["IdentityId"]
    return server.public("GetCredentialsForIdentity", IDENTITY, IdentityId=identity).json()["Credentials"]


def test_a_guest_may_touch_no_admin_operation(server, promote):
    """Credentials of a guest are real credentials of a role that is allowed nothing here."""
    made = guest(server)
    key = Credentials(made["AccessKeyId"], made["SecretKey"], made["SessionToken"])
    message = refusal(send(server, promote, server.signature(OPERATION, promote, key)), "AccessDeniedException")
    assert "/CognitoIdentityCredentials is not authorized" in message


def test_guest_credentials_without_their_token(server, promote):
    """Check 18: the same credentials without the session token are unknown."""
    made = guest(server)
    headers = server.signature(OPERATION, promote, Credentials(made["AccessKeyId"], made["SecretKey"]))
    refusal(send(server, promote, headers), "UnrecognizedClientException")
