"""Whatever a client puts into a sign-in: every flow and every challenge refuses it in AWS's errors, and changes nothing."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operations.authenticators import b64
from operations.choices_stage import FACTORS, USER_AUTH, choices, member, policy, prefer
from operations.stage import EMAIL, PASSWORD, Stage

from poolhouse.errors import InternalErrorException, ServiceError
from poolhouse.operations.sign_in import _ANSWERS, _FLOWS

INVITED = "new@example.com"
SHORT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MEMBERS = [
    *("PASSWORD", "SRP_A", "SECRET_HASH", "DEVICE_KEY", "REFRESH_TOKEN", "PREFERRED_CHALLENGE", "CHALLENGE_NAME"),
    *("ANSWER", "NEW_PASSWORD", "CREDENTIAL", "EMAIL", "PHONE_NUMBER", "TIMESTAMP", "PASSWORD_CLAIM_SECRET_BLOCK"),
    *("PASSWORD_CLAIM_SIGNATURE", "SMS_MFA_CODE", "EMAIL_OTP_CODE", "SMS_OTP_CODE", "SOFTWARE_TOKEN_MFA_CODE"),
    *("userAttributes.email", "userAttributes.", "userAttributes.\0", "userAttributes.custom:x"),
]
ODD = [
    *(
        "",
        "\0",
        "a\0b",
        "x" * 10_000,
        "[" * 9_000,
        '{"id":"\\ud800"}',
        "9" * 5_000,
        "NaN",
        "ff",
        "\u202e",
        "\U0001f600",
    ),
    *("Tue Sep 5 01:02:03 UTC 2023", "AAAA", "000000", "+15550109934", "a@b.example", "us-east-1_" + "0" * 45),
]
texts = st.sampled_from(ODD) | st.text(max_size=40)
values = st.recursive(st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner, max_size=2))
parts = st.dictionaries(
    st.sampled_from(["id", "rawId", "clientDataJSON", "authenticatorData", "signature", "userHandle", "type"]),
    values | st.builds(lambda part: b64(json.dumps(part).encode()), values),
)
credentials = st.builds(lambda outer, inner: json.dumps(outer | {"response": inner}), parts, parts)
parameters = st.dictionaries(st.sampled_from(MEMBERS), texts | credentials, max_size=8)
names = st.sampled_from([EMAIL, INVITED, "eve@example.com"]) | texts


@pytest.fixture(params=["ENABLED", "LEGACY"])
async def stage(request, services, invoke) -> Stage:
    client = {"ExplicitAuthFlows": [*USER_AUTH, "ALLOW_CUSTOM_AUTH"], "PreventUserExistenceErrors": request.param}
    stage = await choices(services, invoke, client=client, **policy(*FACTORS, "SMS_OTP"))
    await member(stage)
    invited = {"TemporaryPassword": PASSWORD, "MessageAction": "SUPPRESS"}
    await stage.admin("AdminCreateUser", Username=INVITED, **invited)
    return stage


async def survives(call: Any) -> None:
    """A refusal is fine, a fault is not."""
    try:
        await call
    except InternalErrorException:
        raise
    except ServiceError:
        return


async def state(stage: Stage) -> list[Any]:
    return [await stage.user(EMAIL), await stage.user(INVITED)]


@SHORT
@given(flow=st.sampled_from(sorted(_FLOWS)), name=names, given_=parameters, signed=st.booleans())
async def test_beginning(stage, flow, name, given_, signed):
    before, request = await state(stage), {"AuthFlow": flow, "AuthParameters": {"USERNAME": name, **given_}}
    call = stage.admin if signed else stage.public
    await survives(call("AdminInitiateAuth" if signed else "InitiateAuth", ClientId=stage.client, **request))
    assert await state(stage) == before


@SHORT
@given(challenge=st.sampled_from(sorted(_ANSWERS)), name=names, given_=parameters, session=texts)
async def test_answers_to_nothing(stage, challenge, name, given_, session):
    before, request = (
        await state(stage),
        {"ChallengeName": challenge, "ChallengeResponses": {"USERNAME": name, **given_}},
    )
    session = {"Session": session} if 20 <= len(session) <= 2048 else {}
    await survives(stage.public("RespondToAuthChallenge", ClientId=stage.client, **request, **session))
    assert await state(stage) == before


@SHORT
@given(asked=st.sampled_from(["EMAIL_OTP", "WEB_AUTHN", "PASSWORD", "INVITED"]), given_=parameters)
async def test_answers_to_what_was_asked(stage, asked, given_):
    """With a session that is good: only a new password that the policy takes changes anything."""
    stage.services.clock.advance(hours=1)
    given_.pop("NEW_PASSWORD", None)
    begun = await (stage.by_password(INVITED) if asked == "INVITED" else prefer(stage, asked))
    name, before = INVITED if asked == "INVITED" else EMAIL, await state(stage)
    request = {"ChallengeName": begun["ChallengeName"], "Session": begun["Session"]}
    responses = {"USERNAME": name, **given_}
    call = stage.public("RespondToAuthChallenge", ClientId=stage.client, ChallengeResponses=responses, **request)
    await survives(call)
    assert await state(stage) == before
