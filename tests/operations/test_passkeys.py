"""Registering, listing and deleting passkeys, and what a registration is refused for."""

import base64

import pytest
from cases import each
from operations.authenticators import Authenticator
from operations.choices_stage import choices, complete, listed, member, policy, register, start, token
from operations.stage import refused, said

NOT_FOUND = ("WebAuthnChallengeNotFound", "The registration was not started, has expired or was completed before.")
MOST = 20


@pytest.fixture
async def stage(services, invoke):
    made = await choices(services, invoke)
    await member(made)
    return made


async def test_creation_options(stage):
    """What the browser is asked for: a discoverable credential for the pool's relying party."""
    options = await start(stage, await token(stage))
    assert options["rp"]["id"] == "localhost"
    assert base64.urlsafe_b64decode(options["user"]["id"] + "==").decode() == (await stage.user())["Username"]
    assert options["user"]["name"] == "ada@example.com"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["excludeCredentials"] == []


async def test_registration(stage):
    """The passkey is listed with what is known about it, and excluded from the next registration."""
    access = await token(stage)
    authenticator = await register(stage, access)
    (found,) = await listed(stage, access)
    assert found.pop("CreatedAt") == stage.services.clock() // 1000 / 1000
    assert found == {
        "CredentialId": authenticator.id,
        "FriendlyCredentialName": "Passkey of a device",
        "RelyingPartyId": "localhost",
        "AuthenticatorAttachment": "platform",
        "AuthenticatorTransports": ["internal"],
    }
    excluded = (await start(stage, access))["excludeCredentials"]
    assert excluded == [{"type": "public-key", "id": authenticator.id, "transports": ["internal"]}]


async def test_challenge_is_good_once(stage):
    """Neither the same credential nor another one can be registered with a challenge that was used."""
    access = await token(stage)
    options = await start(stage, access)
    first = Authenticator()
    await complete(stage, access, first.make(options))
    for again in (first, Authenticator()):
        assert said(await refused(complete(stage, access, again.make(options)))) == NOT_FOUND
    assert [each["CredentialId"] for each in await listed(stage, access)] == [first.id]


async def test_challenge_expires(stage):
    access = await token(stage)
    credential = Authenticator().make(await start(stage, access))
    stage.services.clock.advance(seconds=300)
    assert said(await refused(complete(stage, access, credential))) == NOT_FOUND
    assert await listed(stage, access) == []


async def test_challenge_of_another_user(stage):
    """What one user began, another one cannot end."""
    other = "eve@example.com"
    await member(stage, other)
    credential = Authenticator().make(await start(stage, await token(stage)))
    access = await token(stage, other)
    assert said(await refused(complete(stage, access, credential))) == NOT_FOUND
    assert await listed(stage, access) == []


async def test_challenge_of_another_client(stage):
    credential = Authenticator().make(await start(stage, await token(stage)))
    await stage.new_client()
    access = await token(stage)
    error = await refused(complete(stage, access, credential))
    assert error.code == "WebAuthnClientMismatchException"
    assert await listed(stage, access) == []


@each(
    "authenticator, changed, code",
    [
        (Authenticator(origin="https://evil.example"), {}, "WebAuthnOriginNotAllowedException"),
        (Authenticator(origin="http://localhost.evil.example"), {}, "WebAuthnOriginNotAllowedException"),
        (Authenticator(relying_party="example.com"), {}, "WebAuthnRelyingPartyMismatchException"),
        (Authenticator(), {"challenge": "AAAA"}, "WebAuthnChallengeNotFoundException"),
        (Authenticator(), {"challenge": None}, "InvalidParameterException"),
        (Authenticator(), {"type": "webauthn.get"}, "InvalidParameterException"),
    ],
)
async def test_refused_credentials(stage, authenticator, changed, code):
    """Nothing is registered, and the challenge cannot be tried again."""
    access = await token(stage)
    options = await start(stage, access)
    error = await refused(complete(stage, access, authenticator.make(options, **changed)))
    assert error.code == code
    assert await listed(stage, access) == []


async def test_user_verification_that_the_pool_requires(stage):
    wanted = {"RelyingPartyId": "localhost", "UserVerification": "required"}
    await stage.admin("SetUserPoolMfaConfig", MfaConfiguration="OFF", WebAuthnConfiguration=wanted)
    access, authenticator = await token(stage), Authenticator()
    authenticator.verifies = False
    error = await refused(complete(stage, access, authenticator.make(await start(stage, access))))
    assert error.code == "WebAuthnCredentialNotSupportedException"
    assert await listed(stage, access) == []


@each("credential", [{}, [], "text", 7, {"response": {"clientDataJSON": "AA"}}])
async def test_what_is_no_credential(stage, credential):
    access = await token(stage)
    error = await refused(complete(stage, access, credential))
    assert error.code == "InvalidParameterException"
    assert await listed(stage, access) == []


async def test_key_that_is_registered_already(stage):
    """A credential is one user's, also when an authenticator says otherwise."""
    access = await token(stage)
    authenticator = await register(stage, access)
    other = "eve@example.com"
    await member(stage, other)
    hers = await token(stage, other)
    error = await refused(complete(stage, hers, authenticator.make(await start(stage, hers))))
    assert said(error) == ("InvalidParameter", "The passkey is registered already.")
    assert await listed(stage, hers) == []
    assert len(await listed(stage, access)) == 1


async def test_limit(stage):
    """The twenty-first is refused before the browser is asked, and behind its answer."""
    access = await token(stage)
    late = Authenticator()
    begun = late.make(await start(stage, access))
    for _ in range(MOST):
        await register(stage, access)
    too_many = ("LimitExceeded", "A user can have at most 20 passkeys.")
    assert said(await refused(start(stage, access))) == too_many
    assert said(await refused(complete(stage, access, begun))) == too_many
    assert len(await listed(stage, access)) == MOST


async def test_pages(stage):
    """Oldest first, each once, with a token that is good for this user and list."""
    access = await token(stage)
    wanted = [(await register(stage, access)).id for _ in range(5)]
    found, more = [], {}
    while True:
        page = await stage.public("ListWebAuthnCredentials", AccessToken=access, MaxResults=2, **more)
        found += [each["CredentialId"] for each in page["Credentials"]]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert sorted(found) == sorted(wanted)
    error = await refused(listed(stage, access, NextToken="made-up"))
    assert error.code == "InvalidParameterException"


async def test_page_of_another_user(stage):
    access = await token(stage)
    for _ in range(2):
        await register(stage, access)
    page = await stage.public("ListWebAuthnCredentials", AccessToken=access, MaxResults=1)
    await member(stage, "eve@example.com")
    error = await refused(listed(stage, await token(stage, "eve@example.com"), NextToken=page["NextToken"]))
    assert error.code == "InvalidParameterException"


async def test_delete(stage):
    """Once; another user's passkey is none."""
    access = await token(stage)
    authenticator = await register(stage, access)
    await member(stage, "eve@example.com")
    gone = ("ResourceNotFound", "The passkey does not exist.")
    delete = {"CredentialId": authenticator.id}
    eve = await token(stage, "eve@example.com")
    assert said(await refused(stage.public("DeleteWebAuthnCredential", AccessToken=eve, **delete))) == gone
    assert len(await listed(stage, access)) == 1
    assert await stage.public("DeleteWebAuthnCredential", AccessToken=access, **delete) == {}
    assert await listed(stage, access) == []
    assert said(await refused(stage.public("DeleteWebAuthnCredential", AccessToken=access, **delete))) == gone


async def test_pool_without_passkeys(services, invoke):
    stage = await choices(services, invoke, **policy("PASSWORD", "EMAIL_OTP"))
    await member(stage)
    access = await token(stage)
    for call in (start(stage, access), complete(stage, access, {})):
        error = await refused(call)
        assert error.code == "WebAuthnNotEnabledException"


async def test_token_of_a_user_who_signed_out(stage):
    access = await token(stage)
    credential = Authenticator().make(await start(stage, access))
    await stage.public("GlobalSignOut", AccessToken=access)
    for call in (start(stage, access), complete(stage, access, credential), listed(stage, access)):
        assert said(await refused(call)) == ("NotAuthorized", "Access Token has been revoked")
    assert await listed(stage, await token(stage)) == []


async def test_passkeys_go_with_the_user(stage):
    """A new account of the same name has none of them, and the authenticator can be used again."""
    authenticator = await register(stage, await token(stage))
    await stage.admin("AdminDeleteUser", Username="ada@example.com")
    await member(stage)
    access = await token(stage)
    assert await listed(stage, access) == []
    await register(stage, access, authenticator)
    assert len(await listed(stage, access)) == 1


@pytest.mark.parametrize("said_", [[], {}, ["platform"], 7, None, "odd"])
async def test_odd_attachment(stage, said_):
    """What a browser says of the authenticator is text, or nothing."""
    access, made = await token(stage), Authenticator()
    credential = made.make(await start(stage, access)) | {"authenticatorAttachment": said_}
    assert await complete(stage, access, credential) == {}
    assert "AuthenticatorAttachment" not in (await listed(stage, access))[0]
