"""aws-jwt-verify: what an API behind our tokens checks, with our issuer and our published keys."""

from collections.abc import Callable
from typing import Any

import pytest
from clients.development import PASSWORD, Backend, User, forged
from clients.javascript import Script, Thrown
from clients.pools import Pool, new_pool

PLAIN = {"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}


@pytest.fixture
def pool(backend: Backend) -> Pool:
    return new_pool(backend, **PLAIN)


@pytest.fixture
def verifier(script: Callable[..., Script]) -> Script:
    return script("jwt.mjs")


def tokens(pool: Pool, user: User | None = None) -> dict[str, str]:
    user = user or pool.new_user()
    flow = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": pool.client}
    named = {"USERNAME": user.email, "PASSWORD": PASSWORD}
    found: dict[str, str] = pool.backend.public.initiate_auth(**flow, AuthParameters=named)["AuthenticationResult"]
    return found


def wanted(pool: Pool, use: str | None = "access", **more: Any) -> dict[str, Any]:
    return {"tokenUse": use, "clientId": pool.client, **more}


def test_access_and_id_token(pool: Pool, verifier: Script) -> None:
    """Signature, issuer, use, client and time: both tokens are good for what they are."""
    user = pool.new_user()
    found = tokens(pool, user)
    access = verifier("verify", pool.issuer, wanted(pool), found["AccessToken"])
    assert (access["sub"], access["client_id"], access["token_use"]) == (user.sub, pool.client, "access")
    identity = verifier("verify", pool.issuer, wanted(pool, "id"), found["IdToken"])
    assert (identity["sub"], identity["aud"], identity["email"]) == (user.sub, pool.client, user.email)


def test_groups(pool: Pool, verifier: Script) -> None:
    """A member's token has the group, nobody else's has."""
    root, user = pool.backend.root, pool.new_user()
    root.create_group(UserPoolId=pool.id, GroupName="ADMINS")
    before = tokens(pool, user)["AccessToken"]
    root.admin_add_user_to_group(UserPoolId=pool.id, Username=user.sub, GroupName="ADMINS")
    members = wanted(pool, groups=["ADMINS"])
    with pytest.raises(Thrown) as refused:
        verifier("verify", pool.issuer, members, before)
    assert "CognitoJwtInvalidGroupError" in refused.value.classes
    assert verifier("verify", pool.issuer, members, tokens(pool, user)["AccessToken"])["cognito:groups"] == ["ADMINS"]


def test_wrong_use_and_client(pool: Pool, verifier: Script) -> None:
    found = tokens(pool)
    for use, token in (("id", found["AccessToken"]), ("access", found["IdToken"])):
        with pytest.raises(Thrown) as refused:
            verifier("verify", pool.issuer, wanted(pool, use), token)
        assert "CognitoJwtInvalidTokenUseError" in refused.value.classes
    with pytest.raises(Thrown) as refused:
        verifier("verify", pool.issuer, {"tokenUse": "access", "clientId": "another"}, found["AccessToken"])
    assert "CognitoJwtInvalidClientIdError" in refused.value.classes


def test_another_pools_token(backend: Backend, pool: Pool, verifier: Script) -> None:
    """Every pool has keys of its own: the key that signed it is not among ours."""
    theirs = tokens(new_pool(backend, **PLAIN))["AccessToken"]
    with pytest.raises(Thrown) as refused:
        verifier("verify", pool.issuer, wanted(pool), theirs)
    assert "KidNotFoundInJwksError" in refused.value.classes


def test_forged(pool: Pool, verifier: Script) -> None:
    with pytest.raises(Thrown) as refused:
        verifier("verify", pool.issuer, wanted(pool), forged(tokens(pool)["AccessToken"]))
    assert "JwtInvalidSignatureError" in refused.value.classes


def test_expired(backend: Backend, verifier: Script) -> None:
    """Good until its last minute, and not after."""
    units = {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"}
    pool = new_pool(backend, **PLAIN, AccessTokenValidity=5, IdTokenValidity=5, TokenValidityUnits=units)
    token = tokens(pool)["AccessToken"]
    verifier("ahead", 240)
    assert verifier("verify", pool.issuer, wanted(pool), token)["token_use"] == "access"
    verifier("ahead", 301)
    with pytest.raises(Thrown) as refused:
        verifier("verify", pool.issuer, wanted(pool), token)
    assert "JwtExpiredError" in refused.value.classes
