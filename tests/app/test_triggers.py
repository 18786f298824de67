"""Triggers of a project, on a whole server: real functions with their own rights, seen through boto3."""

import time
from pathlib import Path
from textwrap import dedent

import pytest
from app.conftest import settings_for
from app.running import PASSWORD, Running, project, serving
from botocore.exceptions import ClientError

from poolhouse.crypto.tokens import claims_unverified

GREET = """
    import boto3
    from amplify_env.greet import env

    def handler(event, context):
        boto3.client("cognito-idp").admin_add_user_to_group(
            UserPoolId=env.AMPLIFY_AUTH_USERPOOL_ID, Username=event["userName"], GroupName="NEWCOMERS"
        )
        return event
"""
GUARD = """
    import boto3

    def handler(event, context):
        if event["request"]["userAttributes"]["email"].startswith("odd"):
            raise ValueError("Gr\\u00fc\\u00dfe\\r\\nX-Odd: 1")
        if event["request"]["clientMetadata"]:
            boto3.client("cognito-idp").admin_create_user(UserPoolId=event["userPoolId"], Username="evil@example.com")
        return event
"""
CLAIMS = """
    def handler(event, context):
        event["response"]["claimsOverrideDetails"] = {"claimsToAddOrOverride": {"tenant": "t-1"}}
        return event
"""
CUSTOM = """
    def handler(event, context):
        kind, request, response = event["triggerSource"].split("_")[0], event["request"], event["response"]
        if kind == "DefineAuthChallenge":
            names = [each["challengeName"] for each in request["session"]]
            if names == ["SRP_A"]:
                response["challengeName"] = "PASSWORD_VERIFIER"
            elif not names:
                response["challengeName"] = "CUSTOM_CHALLENGE"
            else:
                response["issueTokens"] = request["session"][-1]["challengeResult"]
                response["failAuthentication"] = not response["issueTokens"]
        elif kind == "CreateAuthChallenge":
            response["publicChallengeParameters"] = {"hint": "The opposite of no"}
            response["privateChallengeParameters"] = {"answer": "yes"}
        else:
            response["answerCorrect"] = request["challengeAnswer"] == request["privateChallengeParameters"]["answer"]
        return event
"""
AUTH = """
    from amplify.auth.functions import claims, custom, greet, guard
    from amplify.data.add_user_to_group.resource import add_user_to_group
    from poolhouse import define_auth

    auth = define_auth(
        login_with={"email": True},
        groups=["ADMINS", "NEWCOMERS"],
        access=lambda allow: [
            allow.resource(add_user_to_group).to(["addUserToGroup"]),
            allow.resource(greet).to(["addUserToGroup"]),
        ],
        triggers={
            "pre_sign_up": guard,
            "post_confirmation": greet,
            "pre_token_generation": claims,
            "define_auth_challenge": custom,
            "create_auth_challenge": custom,
            "verify_auth_challenge_response": custom,
        },
    )
"""
HANDLERS = {"greet": GREET, "guard": GUARD, "claims": CLAIMS, "custom": CUSTOM}


def with_triggers(folder: Path) -> Path:
    """The example with six triggers."""
    auth = project(folder) / "amplify" / "auth"
    for name, source in HANDLERS.items():
        (auth / f"{name}.py").write_text(dedent(source))
    named = "\n".join(f"{name} = define_function(name={name!r}, entry='./{name}.py')" for name in HANDLERS)
    (auth / "functions.py").write_text(f"from poolhouse import define_function\n\n{named}\n")
    (auth / "resource.py").write_text(dedent(AUTH))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    folder = with_triggers(tmp_path_factory.mktemp("project"))
    with serving(settings_for(f"sqlite:///{folder}/test.db"), folder) as running:
        yield running


@pytest.fixture
def idp(server: Running):
    return server.aws("cognito-idp")


def code(server: Running, email: str) -> str:
    """The code that was sent to this address."""
    for _ in range(200):
        found = server.http.get("/inbox/messages", params={"destination": email}).json()
        if found:
            return found[-1]["code"]
        time.sleep(0.05)
    raise AssertionError(f"{email} was sent nothing")


def sign_up(server: Running, idp, email: str, **more) -> None:
    idp.sign_up(ClientId=server.client, Username=email, Password=PASSWORD, **more)


def test_from_sign_up_to_tokens(server, idp):
    """A function that may, makes a member of whom was just confirmed; another one's claim is in the ID token."""
    sign_up(server, idp, "ada@example.com")
    idp.confirm_sign_up(
        ClientId=server.client, Username="ada@example.com", ConfirmationCode=code(server, "ada@example.com")
    )
    who = {"UserPoolId": server.pool, "Username": "ada@example.com"}
    assert [group["GroupName"] for group in idp.admin_list_groups_for_user(**who)["Groups"]] == ["NEWCOMERS"]
    tokens = custom(server, idp, "ada@example.com", "yes")["AuthenticationResult"]
    claims = claims_unverified(tokens["IdToken"])
    assert (claims["tenant"], claims["cognito:groups"]) == ("t-1", ["NEWCOMERS"])


def test_a_trigger_has_its_own_rights_and_no_more(server, idp):
    """What it was not granted is refused, its error refuses the sign-up, and nothing was made."""
    with pytest.raises(ClientError) as caught:
        sign_up(server, idp, "bob@example.com", ClientMetadata={"try": "AdminCreateUser"})
    error = caught.value.response["Error"]
    assert error["Code"] == "UserLambdaValidationException"
    assert "AccessDeniedException" in error["Message"]
    found = idp.list_users(UserPoolId=server.pool)["Users"]
    assert not {"bob@example.com", "evil@example.com"} & {value(user, "email") for user in found}


def test_what_a_function_says_cannot_break_the_answer(server, idp):
    """Line breaks and letters of every kind arrive in the message, and in no header of their own."""
    answer = server.public("SignUp", ClientId=server.client, Username="odd@example.com", Password=PASSWORD)
    assert answer.status_code == 400
    assert answer.json()["message"] == "PreSignUp failed with error Gr\u00fc\u00dfe\r\nX-Odd: 1."
    assert "x-odd" not in answer.headers


def test_a_wrong_answer(server, idp):
    server.person("eve@example.com")
    with pytest.raises(idp.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        custom(server, idp, "eve@example.com", "no")


def test_the_pool_shows_them(server, idp):
    """Each trigger is its function's ARN, in AWS's names."""
    config = idp.describe_user_pool(UserPoolId=server.pool)["UserPool"]["LambdaConfig"]
    prefix = "arn:aws:lambda:us-east-1:000000000000:function:"
    assert {name: arn.removeprefix(prefix) for name, arn in config.items() if isinstance(arn, str)} == {
        "PreSignUp": "guard",
        "PostConfirmation": "greet",
        "PreTokenGeneration": "claims",
        "DefineAuthChallenge": "custom",
        "CreateAuthChallenge": "custom",
        "VerifyAuthChallengeResponse": "custom",
    }


def custom(server: Running, idp, email: str, answer: str):
    """A sign-in by CUSTOM_AUTH."""
    asked = idp.initiate_auth(ClientId=server.client, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": email})
    assert asked["ChallengeParameters"]["hint"] == "The opposite of no"
    return idp.respond_to_auth_challenge(
        ClientId=server.client,
        ChallengeName=asked["ChallengeName"],
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": asked["ChallengeParameters"]["USERNAME"], "ANSWER": answer},
    )


def value(user, name: str) -> str | None:
    return next((each["Value"] for each in user["Attributes"] if each["Name"] == name), None)
