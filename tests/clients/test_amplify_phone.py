"""aws-amplify v6 and boto3 with phone numbers: sign-up, second factor and recovery by SMS; codes from the inbox."""

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from clients.development import PASSWORD, Backend
from clients.javascript import Script, Thrown

DONE = {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}
NEW_PASSWORD = "Another-Horse-1"
_numbers = itertools.count(1)


def new_number() -> str:
    """A number that no other test of this run has."""
    return f"+1555{os.getpid() % 10_000:04d}{next(_numbers):03d}"


def masked(number: str) -> str:
    return f"+{'*' * (len(number) - 5)}{number[-4:]}"


@dataclass(frozen=True)
class Phones:
    """A pool whose people sign in with their numbers, with the tab configured for it."""

    backend: Backend
    pool: str
    client: str
    tab: Script

    def code(self, number: str, wanted: int = 1) -> str:
        """The code in the wanted-th message to the number."""
        return self.backend.code(number, wanted)

    def member(self) -> str:
        """A confirmed user, who has proved the number."""
        number = new_number()
        self.tab("signUp", {"username": number, "password": PASSWORD})
        self.tab("confirmSignUp", {"username": number, "confirmationCode": self.code(number)})
        return number

    def ask_for_codes(self, mode: str) -> None:
        sms = {"SmsMfaConfiguration": {"SmsAuthenticationMessage": "{####} opens the door"}}
        self.backend.root.set_user_pool_mfa_config(UserPoolId=self.pool, MfaConfiguration=mode, **sms)


@pytest.fixture
def phones(backend: Backend, tab: Script) -> Callable[..., Phones]:
    def phones() -> Phones:
        root = backend.root
        login = {"UsernameAttributes": ["phone_number"], "AutoVerifiedAttributes": ["phone_number"]}
        pool = root.create_user_pool(PoolName="phones", **login)["UserPool"]["Id"]
        client = root.create_user_pool_client(UserPoolId=pool, ClientName="web")["UserPoolClient"]["ClientId"]
        tab("change", {"userPoolId": pool, "userPoolClientId": client, "identityPoolId": None})
        return Phones(backend, pool, client, tab)

    return phones


def test_sign_up(phones: Callable[..., Phones]) -> None:
    """The client is told of the number in stars, and the code confirms the account."""
    world, number = phones(), new_number()
    made = world.tab("signUp", {"username": number, "password": PASSWORD})
    assert made["nextStep"] == {
        "signUpStep": "CONFIRM_SIGN_UP",
        "codeDeliveryDetails": {
            "deliveryMedium": "SMS",
            "destination": masked(number),
            "attributeName": "phone_number",
        },
    }
    [text] = world.backend.messages(number)
    assert (text["medium"], text["body"]) == ("SMS", f"Your confirmation code is {text['code']}")
    world.tab("confirmSignUp", {"username": number, "confirmationCode": text["code"]})
    assert world.tab("signIn", {"username": number, "password": PASSWORD}) == DONE
    known = world.tab("fetchUserAttributes")
    assert (known["phone_number"], known["phone_number_verified"]) == (number, "true")


def test_second_factor(phones: Callable[..., Phones]) -> None:
    """Preferred by the user, asked for at the next sign-in; a wrong code can be corrected."""
    world = phones()
    number = world.member()
    world.ask_for_codes("OPTIONAL")
    assert world.tab("signIn", {"username": number, "password": PASSWORD}) == DONE
    world.tab("updateMFAPreference", {"sms": "PREFERRED"})
    assert world.tab("fetchMFAPreference") == {"enabled": ["SMS"], "preferred": "SMS"}
    world.tab("signOut")
    asked = world.tab("signIn", {"username": number, "password": PASSWORD})
    assert asked["nextStep"]["signInStep"] == "CONFIRM_SIGN_IN_WITH_SMS_CODE"
    assert asked["nextStep"]["codeDeliveryDetails"] == {"deliveryMedium": "SMS", "destination": masked(number)}
    code = world.code(number, 2)
    assert world.backend.messages(number, 2)[1]["body"] == f"{code} opens the door"
    with pytest.raises(Thrown, match="CodeMismatchException: Invalid code or auth state for the user"):
        world.tab("confirmSignIn", {"challengeResponse": f"{(int(code) + 1) % 10**6:06d}"})
    assert world.tab("confirmSignIn", {"challengeResponse": code}) == DONE


def test_second_factor_that_the_pool_demands(phones: Callable[..., Phones]) -> None:
    world = phones()
    number = world.member()
    world.ask_for_codes("ON")
    asked = world.tab("signIn", {"username": number, "password": PASSWORD})
    assert asked["nextStep"]["signInStep"] == "CONFIRM_SIGN_IN_WITH_SMS_CODE"
    assert world.tab("confirmSignIn", {"challengeResponse": world.code(number, 2)}) == DONE


def test_recovery(phones: Callable[..., Phones]) -> None:
    world = phones()
    number = world.member()
    step = world.tab("resetPassword", {"username": number})["nextStep"]
    assert step["codeDeliveryDetails"]["destination"] == masked(number)
    answer = {"username": number, "newPassword": NEW_PASSWORD, "confirmationCode": world.code(number, 2)}
    world.tab("confirmResetPassword", answer)
    assert world.tab("signIn", {"username": number, "password": NEW_PASSWORD}) == DONE


def test_new_number(phones: Callable[..., Phones]) -> None:
    """A changed number is verified with the code that it gets."""
    world = phones()
    number, other = world.member(), new_number()
    assert world.tab("signIn", {"username": number, "password": PASSWORD}) == DONE
    changed = world.tab("updateUserAttributes", {"userAttributes": {"phone_number": other}})["phone_number"]
    assert changed["nextStep"]["updateAttributeStep"] == "CONFIRM_ATTRIBUTE_WITH_CODE"
    assert changed["nextStep"]["codeDeliveryDetails"]["destination"] == masked(other)
    sent = {"userAttributeKey": "phone_number", "confirmationCode": world.code(other)}
    world.tab("confirmUserAttribute", sent)
    assert world.tab("fetchUserAttributes")["phone_number_verified"] == "true"


def test_boto3(backend: Backend) -> None:
    """The same second factor through an SDK: a pool made with it, the challenge, and its answer."""
    root, number = backend.root, new_number()
    sending = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "x"}
    made = root.create_user_pool(PoolName="sms", MfaConfiguration="ON", SmsConfiguration=sending)["UserPool"]
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    app = root.create_user_pool_client(UserPoolId=made["Id"], ClientName="a", ExplicitAuthFlows=flows)
    names = {"UserPoolId": made["Id"], "ClientId": app["UserPoolClient"]["ClientId"]}
    invited = root.admin_create_user(
        UserPoolId=made["Id"],
        Username="ada",
        UserAttributes=[{"Name": "phone_number", "Value": number}],
        DesiredDeliveryMediums=["SMS"],
    )
    assert invited["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    temporary = backend.code(number)
    login = {"USERNAME": "ada", "PASSWORD": temporary}
    asked = root.admin_initiate_auth(**names, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=login)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    answer = {"USERNAME": "ada", "NEW_PASSWORD": PASSWORD}
    asked = root.admin_respond_to_auth_challenge(
        **names, ChallengeName="NEW_PASSWORD_REQUIRED", Session=asked["Session"], ChallengeResponses=answer
    )
    assert asked["ChallengeName"] == "SMS_MFA"
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == masked(number)
    answer = {"USERNAME": "ada", "SMS_MFA_CODE": backend.code(number, 2)}
    done = root.admin_respond_to_auth_challenge(
        **names, ChallengeName="SMS_MFA", Session=asked["Session"], ChallengeResponses=answer
    )
    assert done["AuthenticationResult"]["AccessToken"]
