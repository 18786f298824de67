"""R3 to R5 and attacks 1 to 3 over HTTP: no token but the pool's own, whole and in time, adds anybody to a group."""

import time

import pytest
from acceptance import forgery
from acceptance.world import claims_of, refused

NOT_AUTHORIZED = "You are not authorized to make this call."
EXPIRED = "Token has expired."


@pytest.fixture
def admin(world):
    return world.person("ADMINS")


@pytest.fixture
def nobody_added(world):
    """A user whom no forged request may add, neither through the API nor by operations that take a token."""
    user = world.person()
    yield user
    assert world.groups_of(user) == []


def refused_everywhere(world, token, user, message=NOT_AUTHORIZED):
    """By the API, raw and with Bearer, and by the user pool's own operations."""
    for text in (token, f"Bearer {token}"):
        assert refused(world.add({"authorization": text}, user), message)
    answer = world.running.public("GetUser", AccessToken=token)
    assert answer.status_code == 400
    assert answer.json()["__type"] in {"NotAuthorizedException", "InvalidParameterException"}
    return True


@pytest.mark.parametrize("use", ["access", "id"])
def test_r3_expired(world, admin, nobody_added, use):
    """The pool's own signature over right claims, a second after their end."""
    claims = claims_of(admin.session.access_token if use == "access" else admin.session.id_token)
    token = world.signing_key(use).sign(claims | {"exp": int(time.time()) - 1})
    for text in (token, f"Bearer {token}"):
        assert refused(world.add({"authorization": text}, nobody_added), EXPIRED)


def test_r4_another_key(world, admin, nobody_added):
    """Right claims and the right key id, signed by somebody else."""
    token = admin.session.access_token
    assert refused_everywhere(
        world, forgery.signed_by_attacker(forgery.header_of(token), claims_of(token)), nobody_added
    )


def test_r5_another_pool(world, admin, nobody_added):
    """A member of ADMINS of another pool of the same server is nobody here, and his token may not be relabelled."""
    other = world.running.signed("CreateUserPool", PoolName="other").json()["UserPool"]["Id"]
    name = {"UserPoolId": other, "Username": "mallory"}
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    for operation, request in [
        ("CreateGroup", {"UserPoolId": other, "GroupName": "ADMINS"}),
        ("AdminCreateUser", {**name, "MessageAction": "SUPPRESS"}),
        ("AdminSetUserPassword", {**name, "Password": "Correct-Horse-9", "Permanent": True}),
        ("AdminAddUserToGroup", {**name, "GroupName": "ADMINS"}),
    ]:
        assert world.running.signed(operation, **request).status_code == 200
    client = world.running.signed("CreateUserPoolClient", UserPoolId=other, ClientName="c", ExplicitAuthFlows=flows)
    made = world.running.signed(
        "AdminInitiateAuth",
        UserPoolId=other,
        ClientId=client.json()["UserPoolClient"]["ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mallory", "PASSWORD": "Correct-Horse-9"},
    )
    tokens = made.json()["AuthenticationResult"]
    for token in (tokens["AccessToken"], tokens["IdToken"]):
        assert claims_of(token)["cognito:groups"] == ["ADMINS"]
        assert refused(world.add({"authorization": token}, nobody_added), NOT_AUTHORIZED)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "RS256", "HS256", "RS384", "PS256", "ES256", ""])
def test_attack_1_unsigned(world, admin, nobody_added, algorithm):
    """Whatever the header calls it, without a signature or with an invented one."""
    token = admin.session.access_token
    for signature in ("", "AAAA"):
        forged = forgery.unsigned(claims_of(token), forgery.header_of(token)["kid"], algorithm, signature)
        assert refused_everywhere(world, forged, nobody_added)


def test_attack_1_the_public_key_as_a_secret(world, admin, nobody_added):
    """HS256 with any spelling of the published keys."""
    token = admin.session.access_token
    keys = world.running.http.get(f"/{world.running.pool}/.well-known/jwks.json").json()["keys"]
    kid = forgery.header_of(token)["kid"]
    assert kid in {key["kid"] for key in keys}
    for key in keys:
        for secret in forgery.public_key_bytes(key):
            assert refused_everywhere(world, forgery.hs256(claims_of(token), kid, secret), nobody_added)


@pytest.mark.parametrize("kid", ["unknown", "", "../../../../dev/null", "' OR 1=1 --", "a" * 400, None, 7, ["x"]])
def test_attack_1_key_ids(world, admin, nobody_added, kid):
    """A key id is looked up among the pool's own and means nothing else."""
    claims = claims_of(admin.session.access_token)
    forged = forgery.signed_by_attacker({"alg": "RS256", "kid": kid}, claims)
    assert refused_everywhere(world, forged, nobody_added)


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "crit", "zip"])
def test_attack_1_keys_that_the_token_brings(world, admin, nobody_added, member):
    """A token does not say what it is to be verified with."""
    token = admin.session.access_token
    jwk = forgery.attackers_jwk()
    brought = {"jwk": jwk, "x5c": ["MIIB"], "crit": ["exp"], "zip": "DEF"}.get(member, world.running.url + "/jwks.json")
    for kid in (forgery.header_of(token)["kid"], "mine"):
        header = {"alg": "RS256", "kid": kid, member: brought}
        assert refused_everywhere(world, forgery.signed_by_attacker(header, claims_of(token)), nobody_added)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Local0001"},
        {"iss": "http://127.0.0.1:1/x"},
        {"token_use": "refresh"},
        {"token_use": "id"},
        {"client_id": "anotherclient"},
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"origin_jti": "00000000-0000-4000-8000-000000000000"},
    ],
)
def test_attack_2_claims_that_do_not_fit(world, admin, nobody_added, change):
    """Even under the pool's own key each claim has to agree with what the database knows."""
    token = world.signing_key("access").sign(claims_of(admin.session.access_token) | change)
    assert refused_everywhere(world, token, nobody_added)


def test_attack_2_a_group_that_nobody_gave(world, nobody_added):
    """With live groups even the pool's own key cannot make an admin."""
    bob = world.person()
    claims = claims_of(bob.session.access_token) | {"cognito:groups": ["ADMINS"]}
    answer = world.add({"authorization": world.signing_key("access").sign(claims)}, nobody_added)
    assert answer.json()["errors"][0]["errorType"] == "Unauthorized"


def test_attack_2_the_key_of_the_other_use(world, admin, nobody_added):
    """Access tokens and ID tokens have keys of their own."""
    access, id_token = admin.session.access_token, admin.session.id_token
    for forged in (
        world.signing_key("id").sign(claims_of(access)),
        world.signing_key("access").sign(claims_of(id_token)),
    ):
        assert refused_everywhere(world, forged, nobody_added)


def test_attack_2_an_id_token_is_no_access_token(world, admin):
    """The API takes both; operations on one's own account take the access token only."""
    answer = world.running.public("GetUser", AccessToken=admin.session.id_token)
    assert (answer.status_code, answer.json()["__type"]) == (400, "NotAuthorizedException")


def test_attack_3_tokens_that_are_bent(world, admin, nobody_added):
    """Trailing data, a cut, a changed character, another segment, too long."""
    token = admin.session.access_token
    head, payload, signature = token.split(".")
    middle = "A" if signature[100] != "A" else "B"
    for bent in (
        f"{token}.",
        f"{token}.{signature}",
        f"{token}=",
        f"{token} {token}",
        token[:-1],
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{head}.{payload}.{signature[:100]}{middle}{signature[101:]}",
        f"{head}.{payload}.{signature}" + "A" * 40_000,
    ):
        answer = world.add({"authorization": bent}, nobody_added)
        assert answer.status_code in {400, 401, 431}, bent[-40:]


def test_a_refresh_token_is_no_access_token(world, admin, nobody_added):
    """Neither for the API nor for one's own account."""
    tokens = admin.session._tokens
    assert refused(world.add({"authorization": tokens["RefreshToken"]}, nobody_added), "Unable to parse JWT token.")
