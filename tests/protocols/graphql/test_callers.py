"""Gate A: which requests get to the fields at all (acceptance checks R1 to R8 and R16 to R19)."""

import base64
import json

import pytest
from protocols.graphql.world import (
    ARGUMENTS,
    ISSUER,
    KEY,
    MUT,
    ROOT,
    World,
    cognito_session,
    group,
    manifest,
    operation,
    seed,
    session,
)

from poolhouse.errors import (
    AccessDeniedException,
    AccessTokenExpired,
    AccessTokenRevoked,
    ExpiredTokenException,
    IncompleteSignatureException,
    InternalErrorException,
    InvalidAccessToken,
    InvalidSignatureException,
    UserDisabled,
)


def part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


TOKEN = f"{part({'alg': 'RS256', 'kid': 'k'})}.{part({'sub': 'x', 'iss': ISSUER})}.c2ln"


def body(message: str, error_type: str = "UnauthorizedException") -> dict:
    return {"errors": [{"errorType": error_type, "message": message}]}


async def test_r1_without_credentials(seeded: World) -> None:
    """E1: HTTP 401 with the header that lets aws-amplify recognise it."""
    answer = await seeded.post()
    assert answer.status == 401
    assert answer.json == body("Valid authorization header not provided.")
    assert answer.headers["x-amzn-errortype"] == "UnauthorizedException"
    assert seeded.events == []


@pytest.mark.parametrize("text", ["garbage", "Bearer garbage", "a.b.c", "e30.W10.x", "..", "Basic dTpw", "Bearer"])
async def test_r2_unparsable_token(seeded: World, text: str) -> None:
    """E2: what is no JWT at all is told so."""
    answer = await seeded.post(headers={"authorization": text})
    assert (answer.status, answer.json) == (401, body("Unable to parse JWT token."))


async def test_r3_expired_token(seeded: World) -> None:
    """E3: an expired token is told so."""
    seeded.tokens[TOKEN] = AccessTokenExpired()
    answer = await seeded.post(headers={"authorization": TOKEN})
    assert (answer.status, answer.json) == (401, body("Token has expired."))


@pytest.mark.parametrize("error", [InvalidAccessToken(), AccessTokenRevoked(), UserDisabled()])
async def test_r4_r5_other_refused_tokens(seeded: World, error: Exception) -> None:
    """E5: another key, another pool, revoked, disabled: well-formed tokens get one answer."""
    seeded.tokens[TOKEN] = error
    answer = await seeded.post(headers={"authorization": TOKEN})
    assert (answer.status, answer.json) == (401, body("You are not authorized to make this call."))
    assert seeded.events == []


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer ", "BEARER  "])
@pytest.mark.parametrize("use", ["access", "id"])
async def test_r6_r7_r8_tokens_raw_and_bearer(seeded: World, prefix: str, use: str) -> None:
    """Access and id tokens pass, raw or with Bearer; the result is a JSON string."""
    headers = seeded.user("admin", "ADMINS", token_use=use)
    answer = await seeded.post(headers={"authorization": prefix + headers["authorization"]})
    assert answer.status == 200
    assert json.loads(answer.data["addUserToGroup"]) == {"ok": True}
    assert seeded.events[0][1]["arguments"] == ARGUMENTS


async def test_r16_bad_signature(seeded: World) -> None:
    """E7: HTTP 403 with SigV4's own error."""
    answer = await seeded.post(headers=seeded.signed(InvalidSignatureException()))
    assert (answer.status, answer.error["errorType"]) == (403, "InvalidSignatureException")


@pytest.mark.parametrize("error", [None, ExpiredTokenException()])
async def test_r17_unknown_or_expired_credentials(seeded: World, error: Exception | None) -> None:
    """E6: unknown keys and expired credentials look the same."""
    headers = seeded.signed(error) if error else {"authorization": "AWS4-HMAC-SHA256 Credential=NOBODY"}
    answer = await seeded.post(headers=headers)
    message = "The security token included in the request is invalid."
    assert (answer.status, answer.json) == (403, body(message, "UnrecognizedClientException"))
    assert answer.headers["x-amzn-errortype"] == "UnrecognizedClientException"


async def test_incomplete_signature(seeded: World) -> None:
    """A signature header with missing parts is refused as such, HTTP 403."""
    answer = await seeded.post(headers=seeded.signed(IncompleteSignatureException("no date")))
    assert (answer.status, answer.json) == (403, body("no date", "IncompleteSignatureException"))


async def test_signer_who_is_nobody(seeded: World) -> None:
    """E4 for a signature that leads to no principal."""
    answer = await seeded.post(headers=seeded.signed(AccessDeniedException("no")))
    assert (answer.status, answer.json) == (401, body("Permission denied"))


@pytest.mark.parametrize("headers", [{"authorization": "x"}, {"authorization": "AWS4-HMAC-SHA256 Credential=KEY0"}])
async def test_fault_before_any_handler(seeded: World, headers: dict[str, str]) -> None:
    """Our own fault at gate A is a 500 that names the request, because nothing has run yet."""
    seeded.tokens["x"] = InternalErrorException()
    seeded.signed(InternalErrorException())
    answer = await seeded.post(headers=headers)
    assert (answer.status, answer.error["errorType"]) == (500, "InternalFailure")
    assert "request-1" in answer.error["message"]
    assert seeded.logged[0][0] == "graphql.fault"


@pytest.mark.parametrize("caller", ["root", "function"])
async def test_r18_back_end_principals(seeded: World, caller: str) -> None:
    """Principals that come from no identity pool pass with permission; their Cognito values are null."""
    resource = "arn:aws:appsync:us-east-1:000000000000:apis/local/types/Mutation/*"
    principal = ROOT if caller == "root" else session("fn", allowed=resource)
    answer = await seeded.post(headers=seeded.signed(principal))
    assert answer.data == {"addUserToGroup": '{"ok":true}'}
    assert seeded.events[0][1]["identity"]["cognitoIdentityId"] is None


@pytest.mark.parametrize("allowed", [None, "arn:aws:appsync:us-east-1:000000000000:apis/local/types/Query/*"])
async def test_back_end_principal_without_permission(seeded: World, allowed: str | None) -> None:
    """E4: a function without a policy for the field is refused as a whole."""
    answer = await seeded.post(headers=seeded.signed(session("fn", allowed=allowed)))
    assert (answer.status, answer.json) == (401, body("Permission denied"))
    assert seeded.events == []


async def test_r19_api_key_on_an_api_without_key(seeded: World) -> None:
    """An API without keys accepts none, whatever the key store says."""
    seeded.keys.add("anything")
    answer = await seeded.post(headers={"x-api-key": "anything"})
    assert (answer.status, answer.json) == (401, body("You are not authorized to make this call."))


@pytest.mark.parametrize(("key", "status"), [("good", 200), ("bad", 401)])
async def test_r23_group_and_api_key(world: World, key: str, status: int) -> None:
    """With both rules, members and key holders pass; a wrong key does not."""
    world.serve(seed(rules=(group("ADMINS"), KEY), api_key_expires_in_days=7))
    world.keys.add("good")
    assert (await world.post(headers={"x-api-key": key})).status == status
    assert (await world.post(headers=world.user("admin", "ADMINS"))).data["addUserToGroup"]
    assert (await world.post(headers=world.user("bob"))).error["errorType"] == "Unauthorized"


async def test_api_key_without_rule(world: World) -> None:
    """A valid key opens only the fields that name it."""
    world.serve(manifest(operation("op", rules=(group("ADMINS"),)), default_mode="apiKey"))
    world.keys.add("good")
    answer = await world.post("{ op }", {"x-api-key": "good"})
    assert (answer.status, answer.data, answer.error["errorType"]) == (200, {"op": None}, "Unauthorized")


async def test_identity_pool_caller_learns_nothing_of_the_schema(seeded: World) -> None:
    """Credentials that can reach no field are refused before the document is looked at."""
    answer = await seeded.post("mutation { nope }", seeded.signed(cognito_session()))
    assert (answer.status, answer.json) == (401, body("Permission denied"))


async def test_signed_request_arrives_as_it_was_sent(seeded: World) -> None:
    """The verifier sees method, path, headers and the body byte for byte."""
    seen = []
    original = seeded.verify_signature

    async def watch(request: object) -> object:
        seen.append(request)
        return await original(request)

    seeded.verify_signature = watch
    sent = json.dumps({"query": MUT, "variables": ARGUMENTS}).encode()
    await seeded.send(sent, seeded.signed(ROOT))
    assert (seen[0].method, seen[0].path, seen[0].body) == ("POST", b"/graphql", sent)
