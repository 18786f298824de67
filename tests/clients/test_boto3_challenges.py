"""boto3: sign-ins of several steps. The choice of the first factor without a key, and an administrator's answers."""

from typing import Any

import pytest
from clients.development import PASSWORD, Backend
from clients.pools import CHOICE, PASSWORDLESS, TOTP, Authenticator, Pool, new_pool, other
from pycognito.aws_srp import AWSSRP

ADMIN = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@pytest.fixture
def pool(backend: Backend) -> Pool:
    return new_pool(backend, PASSWORDLESS, ExplicitAuthFlows=CHOICE)


def begin(pool: Pool, email: str, **given: str) -> dict[str, Any]:
    answer: dict[str, Any] = pool.backend.public.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": email, **given}
    )
    return answer


def respond(pool: Pool, asked: dict[str, Any], email: str, **given: str) -> dict[str, Any]:
    answer: dict[str, Any] = pool.backend.public.respond_to_auth_challenge(
        ClientId=pool.client,
        ChallengeName=asked["ChallengeName"],
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": email, **given},
    )
    return answer


def test_a_code_is_chosen(backend: Backend, pool: Pool) -> None:
    """What the user has is named; a wrong code leaves the session good, the right one uses it up."""
    public, user = backend.public, pool.new_user()
    choice = begin(pool, user.email)
    assert choice["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"]
    asked = respond(pool, choice, user.email, ANSWER="EMAIL_OTP")
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "u***@e***"
    code = backend.code(user.email)
    with pytest.raises(public.exceptions.CodeMismatchException):
        respond(pool, asked, user.email, EMAIL_OTP_CODE=other(code))
    token = respond(pool, asked, user.email, EMAIL_OTP_CODE=code)["AuthenticationResult"]["AccessToken"]
    with pytest.raises(public.exceptions.NotAuthorizedException, match="Invalid session for the user"):
        respond(pool, asked, user.email, EMAIL_OTP_CODE=code)
    factors = public.get_user_auth_factors(AccessToken=token)
    assert (factors["Username"], factors["ConfiguredUserAuthFactors"]) == (user.sub, ["PASSWORD", "EMAIL_OTP"])


def test_the_password_is_preferred(backend: Backend, pool: Pool) -> None:
    """Sent along, it signs in at once; a wrong one does not."""
    user = pool.new_user()
    done = begin(pool, user.email, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert done["AuthenticationResult"]["TokenType"] == "Bearer"
    with pytest.raises(backend.public.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        begin(pool, user.email, PREFERRED_CHALLENGE="PASSWORD", PASSWORD="Wrong-Horse-9")


def test_srp_is_preferred(backend: Backend, pool: Pool) -> None:
    """The password is proved without being sent."""
    user = pool.new_user()
    srp = AWSSRP(user.email, PASSWORD, pool.id, pool.client, client=backend.public)
    asked = begin(pool, user.email, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=srp.get_auth_params()["SRP_A"])
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    responses = srp.process_challenge(asked["ChallengeParameters"], srp.get_auth_params())
    done = backend.public.respond_to_auth_challenge(
        ClientId=pool.client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
    )
    assert "RefreshToken" in done["AuthenticationResult"]


# --- AdminInitiateAuth, AdminRespondToAuthChallenge -------------------------------------------------------


class Desk:
    """Signs users in on their behalf."""

    def __init__(self, pool: Pool) -> None:
        self._named = {"UserPoolId": pool.id, "ClientId": pool.client}
        self._root = pool.backend.root

    def begin(self, email: str, password: str) -> dict[str, Any]:
        given = {"USERNAME": email, "PASSWORD": password}
        answer: dict[str, Any] = self._root.admin_initiate_auth(
            **self._named, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=given
        )
        return answer

    def answer(self, name: str, session: str, **given: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._root.admin_respond_to_auth_challenge(
            **self._named, ChallengeName=name, Session=session, ChallengeResponses=given
        )
        return answer


def test_from_an_invitation_to_an_authenticator(backend: Backend) -> None:
    """A new password, an authenticator that the pool demands, and the next sign-in that asks for its code."""
    pool = new_pool(backend, ExplicitAuthFlows=ADMIN)
    pool.require("ON", **TOTP)
    email, desk, root = pool.invited("Temporary-9"), Desk(pool), backend.root
    asked = desk.begin(email, "Temporary-9")
    with pytest.raises(root.exceptions.InvalidPasswordException):
        desk.answer("NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME=email, NEW_PASSWORD="short")
    assert pool.status_of(email) == "FORCE_CHANGE_PASSWORD"
    asked = desk.answer("NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME=email, NEW_PASSWORD=PASSWORD)
    assert asked["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["SOFTWARE_TOKEN_MFA"]'
    shown = backend.public.associate_software_token(Session=asked["Session"])
    phone = Authenticator(shown["SecretCode"])
    proved = backend.public.verify_software_token(Session=shown["Session"], UserCode=phone.code())
    assert "AuthenticationResult" in desk.answer("MFA_SETUP", proved["Session"], USERNAME=email)
    assert pool.status_of(email) == "CONFIRMED"
    asked, code = desk.begin(email, PASSWORD), phone.code()
    with pytest.raises(root.exceptions.CodeMismatchException):
        desk.answer("SOFTWARE_TOKEN_MFA", asked["Session"], USERNAME=email, SOFTWARE_TOKEN_MFA_CODE=other(code))
    done = desk.answer("SOFTWARE_TOKEN_MFA", asked["Session"], USERNAME=email, SOFTWARE_TOKEN_MFA_CODE=code)
    assert done["AuthenticationResult"]["ExpiresIn"] == 3600


def test_nobody_answers_without_a_key(backend: Backend) -> None:
    """Without a signature the administrator's operations are closed, and the challenge stays as it was."""
    pool = new_pool(backend, ExplicitAuthFlows=ADMIN)
    email, desk = pool.invited("Temporary-9"), Desk(pool)
    asked = desk.begin(email, "Temporary-9")
    given = {"USERNAME": email, "NEW_PASSWORD": PASSWORD}
    with pytest.raises(backend.public.exceptions.ClientError, match="MissingAuthenticationToken"):
        backend.public.admin_respond_to_auth_challenge(
            UserPoolId=pool.id,
            ClientId=pool.client,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=asked["Session"],
            ChallengeResponses=given,
        )
    assert pool.status_of(email) == "FORCE_CHANGE_PASSWORD"
    assert "AuthenticationResult" in desk.answer("NEW_PASSWORD_REQUIRED", asked["Session"], **given)
