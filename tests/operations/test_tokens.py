"""What tokens say, and which keys sign them."""

import base64
import json
import uuid

import pytest
from operations.stage import EMAIL, EMAIL_POOL, Stage, build, claims, refused

from poolhouse.operations import discovery


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


async def test_access_token(stage, clock):
    """Exactly these claims, and no profile data."""
    sub = await stage.person()
    said_by_token = claims((await stage.tokens())["AccessToken"])
    now = clock() // 1_000_000
    fixed = {name: said_by_token.pop(name) for name in ("origin_jti", "event_id", "jti")}
    assert all(uuid.UUID(value) for value in fixed.values())
    assert len(set(fixed.values())) == 3
    assert said_by_token == {
        "sub": sub,
        "iss": f"http://127.0.0.1:4500/{stage.pool}",
        "client_id": stage.client,
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        "username": sub,
    }


async def test_id_token(stage, clock):
    sub = await stage.person()
    tokens = await stage.tokens()
    told, access = claims(tokens["IdToken"]), claims(tokens["AccessToken"])
    now = clock() // 1_000_000
    assert told.pop("jti") != access["jti"]
    assert (told.pop("origin_jti"), told.pop("event_id")) == (access["origin_jti"], access["event_id"])
    assert told == {
        "sub": sub,
        "iss": f"http://127.0.0.1:4500/{stage.pool}",
        "cognito:username": sub,
        "aud": stage.client,
        "token_use": "id",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        "email": EMAIL,
    }


async def test_attribute_claims(services, invoke):
    """Flags are booleans, the address an object, the time of change a number, custom attributes text."""
    schema = [{"Name": "level", "AttributeDataType": "Number", "Mutable": True}]
    client = {"ReadAttributes": ["email", "email_verified", "address", "updated_at", "custom:level"]}
    stage = await build(services, invoke, client=client, **EMAIL_POOL, Schema=schema)
    await stage.person()
    given_ones = {
        "email_verified": "true",
        "address": "1 High St",
        "updated_at": "17",
        "custom:level": "3",
        "name": "A",
    }
    listed = [{"Name": name, "Value": value} for name, value in given_ones.items()]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=listed)
    told = claims((await stage.tokens())["IdToken"])
    assert told["email_verified"] is True
    assert told["address"] == {"formatted": "1 High St"}
    assert told["updated_at"] == 17
    assert told["custom:level"] == "3"
    assert "name" not in told


async def test_header_and_keys(stage, services):
    """Two keys, one for each kind of token; both are published, and the issuer is the document's."""
    await stage.person()
    tokens = await stage.tokens()
    published = {key["kid"]: key for key in (await discovery.jwks(services, stage.pool))["keys"]}
    kids = [_header(tokens[name])["kid"] for name in ("AccessToken", "IdToken")]
    assert set(kids) == set(published)
    assert len(set(kids)) == 2
    assert _header(tokens["AccessToken"]) == {"kid": kids[0], "alg": "RS256"}
    document = await discovery.configuration(services, stage.pool)
    assert document["issuer"] == claims(tokens["IdToken"])["iss"]
    assert document["jwks_uri"] == f"{document['issuer']}/.well-known/jwks.json"


@pytest.mark.parametrize("document", [discovery.jwks, discovery.configuration])
async def test_documents_of_an_unknown_pool(services, document):
    assert (await refused(document(services, "us-east-1_Nothing00"))).code == "ResourceNotFoundException"


def _header(token: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))


async def test_groups_and_roles(stage):
    """By precedence; the best group's role is preferred."""
    await stage.person()
    for name, precedence in (("ten", 10), ("none", None), ("one", 1)):
        await stage.group(name, precedence, f"arn:aws:iam::000000000000:role/{name}")
    told = claims((await stage.tokens())["IdToken"])
    assert told["cognito:groups"] == ["one", "ten", "none"]
    assert told["cognito:preferred_role"].endswith("role/one")
    assert [role.rpartition("/")[2] for role in told["cognito:roles"]] == ["one", "ten", "none"]
    assert claims((await stage.tokens())["AccessToken"])["cognito:groups"] == ["one", "ten", "none"]


async def test_no_preferred_role_in_a_tie(stage):
    await stage.person()
    for name in ("a", "b"):
        await stage.group(name, 1, f"arn:aws:iam::000000000000:role/{name}")
    told = claims((await stage.tokens())["IdToken"])
    assert len(told["cognito:roles"]) == 2
    assert "cognito:preferred_role" not in told


async def test_lifetimes(services, invoke):
    """Each in the unit that the client gave."""
    units = {"AccessToken": "minutes", "IdToken": "hours", "RefreshToken": "days"}
    client = {"AccessTokenValidity": 10, "IdTokenValidity": 2, "RefreshTokenValidity": 3, "TokenValidityUnits": units}
    stage = await build(services, invoke, client=client)
    await stage.person()
    tokens = await stage.tokens()
    access, identity = claims(tokens["AccessToken"]), claims(tokens["IdToken"])
    assert (access["exp"] - access["iat"], identity["exp"] - identity["iat"]) == (600, 7200)
    assert tokens["ExpiresIn"] == 600
