"""Signing in with a passkey, and every credential that does not sign anybody in."""

import json

import pytest
from cases import each
from operations.authenticators import Authenticator, b64
from operations.choices_stage import (
    HIDING,
    begin,
    choices,
    listed,
    member,
    options,
    prefer,
    present,
    register,
    token,
)
from operations.factors_stage import INVALID_SESSION, respond
from operations.stage import EMAIL, claims, refused, said

NOT_ACCEPTED = ("NotAuthorized", "The passkey was not accepted.")
EVE = "eve@example.com"


@pytest.fixture
async def stage(services, invoke):
    made = await choices(services, invoke)
    await member(made)
    return made


@pytest.fixture
async def key(stage):
    return await register(stage, await token(stage))


async def test_sign_in(stage, key):
    """Tokens of the user whose passkey it is; the counter is kept."""
    asked = await prefer(stage, "WEB_AUTHN")
    assert options(asked)["allowCredentials"] == [{"type": "public-key", "id": key.id, "transports": ["internal"]}]
    answer = await present(stage, asked, key.sign(options(asked)))
    assert claims(answer["AuthenticationResult"]["IdToken"])["email"] == EMAIL
    again = await prefer(stage, "WEB_AUTHN")
    assert "AuthenticationResult" in await present(stage, again, key.sign(options(again)))


async def test_answer_is_good_once(stage, key):
    asked = await prefer(stage, "WEB_AUTHN")
    credential = key.sign(options(asked))
    assert "AuthenticationResult" in await present(stage, asked, credential)
    assert said(await refused(present(stage, asked, credential))) == INVALID_SESSION


async def test_challenge_of_another_sign_in(stage, key):
    """An answer belongs to its own challenge, and a refusal uses the challenge up."""
    first, second = [await prefer(stage, "WEB_AUTHN") for _ in range(2)]
    assert said(await refused(present(stage, second, key.sign(options(first))))) == NOT_ACCEPTED
    assert said(await refused(present(stage, second, key.sign(options(second))))) == INVALID_SESSION
    assert "AuthenticationResult" in await present(stage, first, key.sign(options(first)))


@pytest.mark.parametrize("changed", [{"origin": "https://evil.example"}, {"type": "webauthn.create"}])
async def test_wrong_page(stage, key, changed):
    asked = await prefer(stage, "WEB_AUTHN")
    assert said(await refused(present(stage, asked, key.sign(options(asked), **changed)))) == NOT_ACCEPTED


async def test_wrong_relying_party(stage, key):
    asked = await prefer(stage, "WEB_AUTHN")
    key.relying_party = "example.com"
    assert said(await refused(present(stage, asked, key.sign(options(asked))))) == NOT_ACCEPTED


async def test_passkey_of_another_user(stage, key):
    """Neither under its own name nor under that of the user's passkey."""
    await member(stage, EVE)
    hers = await register(stage, await token(stage, EVE))
    for identity in (hers.id, key.id):
        asked = await prefer(stage, "WEB_AUTHN")
        credential = hers.sign(options(asked)) | {"id": identity, "rawId": identity}
        assert said(await refused(present(stage, asked, credential))) == NOT_ACCEPTED


async def test_handle_of_another_user(stage, key):
    asked = await prefer(stage, "WEB_AUTHN")
    credential = key.sign(options(asked))
    credential["response"]["userHandle"] = b64(b"somebody-else")
    assert said(await refused(present(stage, asked, credential))) == NOT_ACCEPTED


async def test_counter_that_goes_back(stage, key):
    """A copy of the key is noticed, and the original goes on."""
    asked = await prefer(stage, "WEB_AUTHN")
    key.counter = 6
    assert "AuthenticationResult" in await present(stage, asked, key.sign(options(asked)))
    asked, key.counter = await prefer(stage, "WEB_AUTHN"), 3
    assert said(await refused(present(stage, asked, key.sign(options(asked))))) == NOT_ACCEPTED
    asked, key.counter = await prefer(stage, "WEB_AUTHN"), 7
    assert "AuthenticationResult" in await present(stage, asked, key.sign(options(asked)))


@pytest.mark.parametrize("part", ["signature", "authenticatorData"])
async def test_tampered_answer(stage, key, part):
    asked = await prefer(stage, "WEB_AUTHN")
    credential = key.sign(options(asked))
    text = credential["response"][part]
    credential["response"][part] = text[:-4] + ("AAAA" if text[-4:] != "AAAA" else "BBBB")
    assert said(await refused(present(stage, asked, credential))) == NOT_ACCEPTED


async def test_key_that_is_not_registered(stage, key):
    asked = await prefer(stage, "WEB_AUTHN")
    assert said(await refused(present(stage, asked, Authenticator().sign(options(asked))))) == NOT_ACCEPTED
    assert [each["CredentialId"] for each in await listed(stage, await token(stage))] == [key.id]


@each("text", ["{", "[]", "null", '{"id": 1}', "[" * 5000])
async def test_what_is_no_credential(stage, key, text):
    asked = await prefer(stage, "WEB_AUTHN")
    error = await refused(respond(stage, asked, CREDENTIAL=text))
    assert error.code in {"InvalidParameterException", "NotAuthorizedException"}


async def test_deleted_passkey(stage, key):
    asked = await prefer(stage, "WEB_AUTHN")
    await stage.public("DeleteWebAuthnCredential", AccessToken=await token(stage), CredentialId=key.id)
    assert said(await refused(present(stage, asked, key.sign(options(asked))))) == NOT_ACCEPTED
    assert "WEB_AUTHN" not in (await begin(stage))["AvailableChallenges"]


async def test_user_verification_that_the_pool_requires(stage, key):
    await stage.admin(
        "SetUserPoolMfaConfig", MfaConfiguration="OFF", WebAuthnConfiguration={"UserVerification": "required"}
    )
    asked, key.verifies = await prefer(stage, "WEB_AUTHN"), False
    assert options(asked)["userVerification"] == "required"
    assert said(await refused(present(stage, asked, key.sign(options(asked))))) == NOT_ACCEPTED


async def test_another_relying_party_since(stage, key):
    """Passkeys of the old domain are good for nothing, and come back with it."""
    configure = {"MfaConfiguration": "OFF"}
    await stage.admin("SetUserPoolMfaConfig", **configure, WebAuthnConfiguration={"RelyingPartyId": "example.com"})
    asked = await prefer(stage, "WEB_AUTHN")
    assert "allowCredentials" not in options(asked)
    key.origin = "https://example.com"
    assert said(await refused(present(stage, asked, key.sign(options(asked))))) == NOT_ACCEPTED
    await stage.admin("SetUserPoolMfaConfig", **configure, WebAuthnConfiguration={"RelyingPartyId": "localhost"})
    asked, key.origin = await prefer(stage, "WEB_AUTHN"), "http://localhost:3000"
    assert "AuthenticationResult" in await present(stage, asked, key.sign(options(asked)))


async def test_disabled_user(stage, key):
    asked = await prefer(stage, "WEB_AUTHN")
    await stage.admin("AdminDisableUser", Username=EMAIL)
    error = await refused(present(stage, asked, key.sign(options(asked))))
    assert said(error) == ("NotAuthorized", "User is disabled.")


async def test_sign_in_that_began_before_a_global_sign_out(stage, key):
    asked = await prefer(stage, "WEB_AUTHN")
    stage.services.clock.advance(seconds=1)
    await stage.admin("AdminUserGlobalSignOut", Username=EMAIL)
    assert said(await refused(present(stage, asked, key.sign(options(asked))))) == INVALID_SESSION


async def test_nobody_notices_who_has_passkeys(services, invoke):
    """Where the client hides who exists, a real user's challenge and that of a made-up one look the same."""
    stage = await choices(services, invoke, client=HIDING)
    await member(stage)
    key = await register(stage, await token(stage))
    names = [EMAIL, *(f"nobody{number}@example.com" for number in range(12))]
    asked = [await prefer(stage, "WEB_AUTHN", name) for name in names]
    offered = [each for each in asked if each["ChallengeName"] == "WEB_AUTHN"]
    assert len(offered) > 1
    assert {tuple(sorted(options(each))) for each in offered} == {("challenge", "rpId", "timeout", "userVerification")}
    nobody = next(name for name, each in zip(names[1:], asked[1:], strict=True) if each["ChallengeName"] == "WEB_AUTHN")
    again = await prefer(stage, "WEB_AUTHN", nobody)
    assert said(await refused(present(stage, again, key.sign(options(again)), nobody))) == NOT_ACCEPTED
    assert "AuthenticationResult" in await present(stage, asked[0], key.sign(options(asked[0])))


async def test_cancelled_passkey(stage, key):
    """A user who cannot use it now chooses something else with the same session."""
    asked = await prefer(stage, "WEB_AUTHN")
    code = await respond(stage, asked, "SELECT_CHALLENGE", ANSWER="EMAIL_OTP")
    assert code["ChallengeName"] == "EMAIL_OTP"
    assert said(await refused(present(stage, asked, key.sign(options(asked))))) == INVALID_SESSION
    assert json.loads(json.dumps(code["ChallengeParameters"]))["CODE_DELIVERY_DESTINATION"] == "a***@e***"
