"""Running a trigger: the event, the attempts, and what every way to fail is answered with."""

import asyncio
import time

import pytest
from operations.stage import EMAIL, PASSWORD, refused, said
from operations.triggers_stage import ARN

SIGN_UP = {"Username": EMAIL, "Password": PASSWORD}
UNREADABLE = ("InvalidLambdaResponse", "Unrecognizable lambda output")
TIMED_OUT = ("UnexpectedLambda", "PreSignUp failed with error Socket timeout while invoking Lambda function.")


async def nobody(stage) -> bool:
    return (await stage.admin("ListUsers"))["Users"] == []


async def test_the_event_is_aws(hooks):
    """Every member of the envelope, the pool's and the client's ids, and what the trigger may answer."""
    stage = await hooks.stage("def PreSignUp(event): pass")
    sub = (await stage.sign_up(UserAttributes=[{"Name": "name", "Value": "Ada"}]))["UserSub"]
    (event,) = hooks.events()
    assert event == {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "region": "us-east-1",
        "userPoolId": stage.pool,
        "userName": sub,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": stage.client},
        "request": {
            "userAttributes": {"name": "Ada", "email": EMAIL, "cognito:email_alias": EMAIL},
            "validationData": None,
            "clientMetadata": {},
        },
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }


async def test_what_it_raises_is_answered(hooks):
    """The function's own words reach the client, and nothing was made. It is asked once."""
    stage = await hooks.stage("def PreSignUp(event): raise ValueError('Only staff may sign up')")
    error = await refused(stage.sign_up())
    assert said(error) == ("UserLambdaValidation", "PreSignUp failed with error Only staff may sign up.")
    assert await nobody(stage)
    assert len(hooks.events()) == 1


async def test_an_exception_that_is_called_like_one_of_ours(hooks):
    """A function that passes on an error of AWS is neither missing nor busy."""
    stage = await hooks.stage(
        """
        class TooManyRequestsException(Exception): ...
        def PreSignUp(event): raise TooManyRequestsException('Slow down')
        """
    )
    assert said(await refused(stage.sign_up())) == ("UserLambdaValidation", "PreSignUp failed with error Slow down.")
    assert len(hooks.events()) == 1


@pytest.mark.parametrize(
    "answer",
    ["'text'", "[]", "{}", "{'response': None}", "{'response': 'yes'}", "{'response': {'x': 'y' * 300_000}}", "{1, 2}"],
)
async def test_an_answer_that_is_no_event(hooks, answer):
    """Whatever is not the event with its response is refused, and so is one that is far too long."""
    stage = await hooks.stage(f"def PreSignUp(event): return {answer}")
    assert said(await refused(stage.sign_up())) == UNREADABLE
    assert await nobody(stage)


async def test_an_answer_of_another_type(hooks):
    """A member that is no boolean is not taken for one."""
    stage = await hooks.stage("def PreSignUp(event): event['response']['autoConfirmUser'] = 'false'")
    assert (await refused(stage.sign_up())).code == "InvalidLambdaResponseException"
    assert await nobody(stage)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lambda:us-east-1:000000000000:function:nobody",
        "arn:aws:lambda:us-east-1:111111111111:function:hooks",
        "arn:aws:lambda:eu-west-1:000000000000:function:hooks",
        "arn:aws:sns:us-east-1:000000000000:function:hooks",
    ],
)
async def test_a_function_that_is_not_there(hooks, arn):
    """A trigger is never passed because nobody can run it."""
    stage = await hooks.stage("", config={"PreSignUp": arn})
    error = await refused(stage.sign_up())
    expected = "PreSignUp invocation failed due to error ResourceNotFoundException."
    assert said(error) == ("UnexpectedLambda", expected)
    assert await nobody(stage)


async def test_a_server_without_functions(hooks, services):
    """Where there is no runtime for functions, a pool with triggers is refused, not served without them."""
    stage = (await hooks.stage("def PreSignUp(event): pass")).on(services)
    assert (await refused(stage.sign_up())).code == "UnexpectedLambdaException"
    assert await nobody(stage)


async def test_three_attempts_in_time(hooks):
    """A function that does not answer is tried three times, and no more."""
    stage = await hooks.stage("import time\ndef PreSignUp(event): time.sleep(30)", seconds=0.5)
    began = time.monotonic()
    assert said(await refused(stage.sign_up())) == TIMED_OUT
    assert time.monotonic() - began >= 1.5
    assert await nobody(stage)
    assert len(hooks.events()) <= 3


async def test_a_crash_is_tried_again(hooks):
    """The third attempt of a function that crashes twice is as good as the first."""
    stage = await hooks.stage(
        """
        import os
        def PreSignUp(event):
            if len(_NOTES.read_text().splitlines()) < 3:
                os._exit(1)
        """
    )
    assert (await stage.sign_up())["UserConfirmed"] is False
    assert len(hooks.events()) == 3


async def test_a_crash_every_time(hooks):
    stage = await hooks.stage("import os\ndef PreSignUp(event): os._exit(1)")
    error = await refused(stage.sign_up())
    assert said(error) == ("UnexpectedLambda", "PreSignUp invocation failed due to error Runtime.ExitError.")
    assert await nobody(stage)
    assert len(hooks.events()) == 3


async def test_no_write_block_is_open(hooks, tmp_path):
    """While a function thinks, others write: it thinks until somebody has written."""
    begun, written = tmp_path / "begun", tmp_path / "written"
    stage = await hooks.stage(
        f"import os, time\ndef PreSignUp(event):\n  open({str(begun)!r}, 'w').close()\n"
        f"  while not os.path.exists({str(written)!r}): time.sleep(0.01)"
    )
    slow = asyncio.create_task(stage.sign_up())
    async with asyncio.timeout(20):
        while not begun.exists():
            await asyncio.sleep(0.01)
        await stage.admin("CreateGroup", GroupName="MEANWHILE")
    assert not slow.done()
    written.touch()
    await slow


async def test_stored_and_shown(hooks):
    """A pool shows the functions that it was given, and loses them when an update leaves them out."""
    stage = await hooks.stage("def PreSignUp(event): pass", config={"PreTokenGeneration": ARN})
    shown = (await stage.admin("DescribeUserPool"))["UserPool"]["LambdaConfig"]
    assert shown == {
        "PreSignUp": ARN,
        "PreTokenGeneration": ARN,
        "PreTokenGenerationConfig": {"LambdaArn": ARN, "LambdaVersion": "V1_0"},
    }
    await stage.admin("UpdateUserPool", AutoVerifiedAttributes=["email"])
    assert (await stage.admin("DescribeUserPool"))["UserPool"]["LambdaConfig"] == {}


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"PreTokenGenerationConfig": {"LambdaArn": ARN + "2", "LambdaVersion": "V1_0"}}, "InvalidParameterException"),
        ({"CustomEmailSender": {"LambdaArn": ARN, "LambdaVersion": "V1_0"}}, "InvalidParameterException"),
        ({"InboundFederation": {"LambdaArn": ARN, "LambdaVersion": "V1_0"}}, "InvalidParameterException"),
    ],
)
async def test_refused_settings(hooks, config, code):
    """Two functions for one trigger, a sender without its key, and what is not served; the pool stays as it was."""
    stage = await hooks.stage("def PreSignUp(event): pass")
    before = (await stage.admin("DescribeUserPool"))["UserPool"]
    error = await refused(stage.admin("UpdateUserPool", LambdaConfig={"PreTokenGeneration": ARN, **config}))
    assert error.code == code
    assert (await stage.admin("DescribeUserPool"))["UserPool"] == before


async def test_tokens_of_version_2_need_their_tier(hooks):
    stage = await hooks.stage("def PreSignUp(event): pass")
    config = {"PreTokenGenerationConfig": {"LambdaArn": ARN, "LambdaVersion": "V2_0"}}
    error = await refused(stage.admin("UpdateUserPool", LambdaConfig=config, UserPoolTier="LITE"))
    assert error.code == "FeatureUnavailableInTierException"
    assert "PreTokenGeneration" not in (await stage.admin("DescribeUserPool"))["UserPool"]["LambdaConfig"]
