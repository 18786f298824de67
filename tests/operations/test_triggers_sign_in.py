"""PreAuthentication and PostAuthentication: who may try to sign in, and who is told that somebody did."""

import pytest
from operations.factors_stage import configure, enrol, with_code
from operations.stage import EMAIL, PASSWORD, claims, refused, said
from sqlalchemy import select

from poolhouse.store.schema import token_families
from poolhouse.store.statement import Statement

ASKED = "def PreAuthentication(event): pass\n"
TOLD = "def PostAuthentication(event): pass\n"
HIDES = {"PreventUserExistenceErrors": "ENABLED"}
INCORRECT = ("NotAuthorized", "Incorrect username or password.")
BLOCKED = ("UserLambdaValidation", "PreAuthentication failed with error Blocked.")


async def start(stage, name=EMAIL, password=PASSWORD, **more):
    parameters = {"USERNAME": name, "PASSWORD": password, **stage.hashed(name)}
    return await stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters, **more
    )


async def test_asked_before_the_password(hooks):
    """ClientMetadata of InitiateAuth is its validation data; a wrong password comes after it."""
    stage = await hooks.stage(ASKED)
    sub = await stage.person()
    assert said(await refused(start(stage, password="Wrong-Horse9", ClientMetadata={"ip": "::1"}))) == INCORRECT
    (event,) = hooks.events()
    assert (event["triggerSource"], event["userName"]) == ("PreAuthentication_Authentication", sub)
    assert event["request"]["validationData"] == {"ip": "::1"}
    assert event["request"]["userNotFound"] is False
    assert event["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"


async def test_a_refusal_stops_every_flow(hooks):
    """By password, by SRP, and from an administrator's side; nobody gets a challenge or a token."""
    stage = await hooks.stage("def PreAuthentication(event): raise ValueError('Blocked')")
    await stage.person()
    assert said(await refused(start(stage))) == BLOCKED
    assert said(await refused(stage.srp_start())) == BLOCKED
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD}
    admin = {"ClientId": stage.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters}
    assert said(await refused(stage.admin("AdminInitiateAuth", **admin))) == BLOCKED


async def test_unknown_users_that_are_hidden(hooks):
    """The function is asked about them too, and is told; the answer is that of a wrong password."""
    stage = await hooks.stage(ASKED, client=HIDES)
    assert said(await refused(start(stage, "nobody@example.com"))) == INCORRECT
    (event,) = hooks.events()
    assert event["request"]["userNotFound"] is True
    assert event["request"]["userAttributes"] == {}
    assert event["userName"] == "nobody@example.com"


async def test_unknown_users_that_are_not_hidden(hooks):
    stage = await hooks.stage(ASKED)
    assert (await refused(start(stage, "nobody@example.com"))).code == "UserNotFoundException"
    assert hooks.events() == []


async def test_strangers_reach_no_function(hooks):
    """Neither an app without its secret, nor somebody who has to wait after wrong passwords."""
    stage = await hooks.stage(ASKED, client={"GenerateSecret": True})
    await stage.sign_up(SecretHash=stage.hashed(EMAIL)["SECRET_HASH"])
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "SECRET_HASH": "AAAA"}
    stranger = stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
    assert (await refused(stranger)).code == "NotAuthorizedException"
    assert hooks.events() == []
    for _ in range(5):
        await refused(start(stage, password="Wrong-Horse9"))
    assert said(await refused(start(stage))) == ("NotAuthorized", "Password attempts exceeded")
    assert len(hooks.events()) == 5


async def test_a_refresh_is_no_sign_in(hooks):
    """Neither trigger runs when tokens are renewed."""
    stage = await hooks.stage(ASKED + TOLD)
    await stage.person()
    token = (await stage.tokens())["RefreshToken"]
    assert hooks.sources() == ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]
    await stage.public("GetTokensFromRefreshToken", ClientId=stage.client, RefreshToken=token)
    parameters = {"REFRESH_TOKEN": token}
    await stage.public("InitiateAuth", ClientId=stage.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)
    assert len(hooks.events()) == 2


async def test_told_behind_the_last_factor(hooks):
    """Not before the second factor, and with the metadata of the last answer only."""
    stage = await hooks.stage(TOLD)
    await stage.person()
    await configure(stage)
    app = await enrol(stage)
    before = len(hooks.events())
    asked = await start(stage, ClientMetadata={"first": "1"})
    assert len(hooks.events()) == before
    assert "AuthenticationResult" in await with_code(stage, asked, app.code())
    event = hooks.events()[-1]
    assert event["triggerSource"] == "PostAuthentication_Authentication"
    assert event["request"]["clientMetadata"] == {}
    assert event["request"]["newDeviceUsed"] is False


async def test_told_of_a_new_device(hooks):
    stage = await hooks.stage(TOLD, DeviceConfiguration={})
    await stage.person()
    assert "NewDeviceMetadata" in await stage.tokens()
    assert hooks.events()[0]["request"]["newDeviceUsed"] is True


@pytest.mark.parametrize("flow", ["password", "srp"])
async def test_refusing_at_the_end(hooks, flow):
    """No token leaves the server, and the sign-in that was recorded is ended."""
    stage = await hooks.stage("def PostAuthentication(event): raise ValueError('Too late')")
    await stage.person()
    error = await refused(stage.by_password() if flow == "password" else stage.srp())
    assert said(error) == ("UserLambdaValidation", "PostAuthentication failed with error Too late.")
    async with stage.services.database.read() as tx:
        begun = await tx.all(Statement(select(token_families.c.revoked)), {})
    assert begun
    assert all(revoked is not None for (revoked,) in begun)


async def test_the_answers_metadata(hooks):
    """RespondToAuthChallenge's ClientMetadata reaches the trigger behind it."""
    stage = await hooks.stage(TOLD)
    await stage.person()
    responses = await stage.srp_responses()
    answer = await stage.public(
        "RespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=responses,
        ClientMetadata={"step": "2"},
    )
    assert claims(answer["AuthenticationResult"]["AccessToken"])["token_use"] == "access"
    assert hooks.events()[0]["request"]["clientMetadata"] == {"step": "2"}
