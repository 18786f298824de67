"""aws-amplify v6: choosing the first factor, codes in place of passwords, and accounts without any."""

from dataclasses import dataclass
from typing import Any

import pytest
from clients.development import PASSWORD, Backend, new_email
from clients.javascript import Script, Thrown

DONE = {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}
POOL = {
    "UsernameAttributes": ["email"],
    "AutoVerifiedAttributes": ["email"],
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}},
}
CLIENT = {
    "ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    "PreventUserExistenceErrors": "ENABLED",
}


@dataclass(frozen=True)
class House:
    """A pool of its own, for which the tab is configured."""

    backend: Backend
    pool: str
    tab: Script

    def person(self) -> str:
        """A confirmed user with a verified address and a password."""
        root, email = self.backend.root, new_email("otp")
        known = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        named = {"UserPoolId": self.pool, "Username": email}
        root.admin_create_user(**named, UserAttributes=known)
        root.admin_set_user_password(**named, Password=PASSWORD, Permanent=True)
        return email

    def sign_in(self, email: str, **options: Any) -> dict[str, Any]:
        given = {"username": email, "options": {"authFlowType": "USER_AUTH", **options}}
        answer: dict[str, Any] = self.tab("signIn", given)
        return answer

    def confirm(self, given: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.tab("confirmSignIn", {"challengeResponse": given})
        return answer

    def has_tokens(self) -> bool:
        return "accessToken" in self.tab("fetchAuthSession")


@pytest.fixture
def house(backend: Backend, tab: Script) -> House:
    root = backend.root
    pool = root.create_user_pool(PoolName="choices", **POOL)["UserPool"]["Id"]
    client = root.create_user_pool_client(UserPoolId=pool, ClientName="web", **CLIENT)["UserPoolClient"]["ClientId"]
    tab("change", {"userPoolId": pool, "userPoolClientId": client, "identityPoolId": None})
    return House(backend, pool, tab)


def test_code_by_email(house: House) -> None:
    """The preferred factor is asked for at once; a wrong code can be corrected."""
    email = house.person()
    asked = house.sign_in(email, preferredChallenge="EMAIL_OTP")["nextStep"]
    details = {"deliveryMedium": "EMAIL", "destination": "o***@e***"}
    assert asked == {"signInStep": "CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "codeDeliveryDetails": details}
    code = house.backend.code(email)
    with pytest.raises(Thrown, match="CodeMismatchException"):
        house.confirm(f"{(int(code) + 1) % 10**6:06d}")
    assert not house.has_tokens()
    assert house.confirm(code) == DONE
    assert house.has_tokens()


@pytest.mark.parametrize("factor", ["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP"])
def test_choice(house: House, factor: str) -> None:
    """Without a preference the user is shown what he has, and chooses."""
    email = house.person()
    step = house.sign_in(email)["nextStep"]
    assert step["signInStep"] == "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION"
    assert step["availableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"]
    house.confirm(factor)
    assert house.confirm(house.backend.code(email) if factor == "EMAIL_OTP" else PASSWORD) == DONE
    assert house.has_tokens()


@pytest.mark.parametrize("factor", ["PASSWORD", "PASSWORD_SRP"])
def test_preferred_password(house: House, factor: str) -> None:
    """The password goes with the first call, or is proved without being sent."""
    given = {"username": house.person(), "options": {"authFlowType": "USER_AUTH", "preferredChallenge": factor}}
    assert house.tab("signIn", given | {"password": PASSWORD}) == DONE
    house.tab("signOut")
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        house.tab("signIn", given | {"password": "Wrong-Horse-9"})
    assert not house.has_tokens()


def test_wrong_password_behind_a_choice(house: House) -> None:
    """It can be corrected without beginning again."""
    house.sign_in(house.person())
    house.confirm("PASSWORD")
    with pytest.raises(Thrown, match="NotAuthorizedException: Incorrect username or password"):
        house.confirm("Wrong-Horse-9")
    assert house.confirm(PASSWORD) == DONE


def test_account_without_a_password(house: House) -> None:
    """Signing up, confirming, being signed in by that, and coming back with a code."""
    email = new_email("bare")
    options = {"userAttributes": {"email": email}, "autoSignIn": {"authFlowType": "USER_AUTH"}}
    made = house.tab("signUp", {"username": email, "options": options})
    assert made["nextStep"]["signUpStep"] == "CONFIRM_SIGN_UP"
    given = {"username": email, "confirmationCode": house.backend.code(email)}
    assert house.tab("confirmSignUp", given)["nextStep"] == {"signUpStep": "COMPLETE_AUTO_SIGN_IN"}
    assert house.tab("autoSignIn") == DONE
    assert house.tab("fetchUserAttributes")["email_verified"] == "true"
    house.tab("signOut")
    house.sign_in(email, preferredChallenge="EMAIL_OTP")
    assert house.confirm(house.backend.code(email, wanted=2)) == DONE


def test_nobody_has_no_passkeys(house: House) -> None:
    """The list of somebody without passkeys is empty, and a passkey that is not there cannot be deleted."""
    email = house.person()
    house.tab("signIn", {"username": email, "password": PASSWORD})
    assert house.tab("listWebAuthnCredentials") == {"credentials": []}
    with pytest.raises(Thrown, match="ResourceNotFoundException: The passkey does not exist"):
        house.tab("deleteWebAuthnCredential", {"credentialId": "AAAA"})


def test_codes_for_nobody(house: House) -> None:
    """Where the pool hides who exists, a made-up address is asked for something too, and nothing signs it in."""
    steps = {house.sign_in(new_email("a"), preferredChallenge="EMAIL_OTP")["nextStep"]["signInStep"] for _ in range(6)}
    assert steps <= {"CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION"}
    assert not house.has_tokens()
