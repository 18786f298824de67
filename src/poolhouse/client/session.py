"""A signed-in user: SRP sign-in, tokens that refresh themselves, identity-pool credentials, sign-out."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from poolhouse.client.outputs import Outputs
from poolhouse.client.wire import Credentials, call, connection, open_connection
from poolhouse.crypto.srp import ClientSession
from poolhouse.errors import ClientError

_MARGIN = 60.0
Clock = Callable[[], float]


class NewPasswordRequired(ClientError):
    """The user was invited: call `answer(new_password)` to choose a password and get the session."""

    def __init__(self, session: "Session", challenge: Mapping[str, Any]) -> None:
        super().__init__(
            "The user has to choose a new password first.", resolution="Call .answer(new_password) on this exception."
        )
        self._session = session
        self._challenge = challenge

    def answer(self, new_password: str, **attributes: str) -> "Session":
        """Set the password (and missing required attributes) and finish the sign-in."""
        responses = {
            "USERNAME": self._challenge["ChallengeParameters"]["USER_ID_FOR_SRP"],
            "NEW_PASSWORD": new_password,
        }
        responses |= {f"userAttributes.{name}": value for name, value in attributes.items()}
        return self._session.respond("NEW_PASSWORD_REQUIRED", responses, self._challenge.get("Session"))


class Session:
    """One user's tokens. Use `sign_in` to get one; it is not safe to share between threads."""

    def __init__(self, outputs: Outputs, *, http: httpx.Client | None, clock: Clock) -> None:
        self.outputs = outputs
        self._http = connection(self, http, outputs.ca_file, 30)
        self._clock = clock
        self._tokens: dict[str, Any] = {}
        self._expires = 0.0
        self._credentials: Credentials | None = None

    @property
    def access_token(self) -> str:
        """A token that is valid for at least another minute."""
        self._stay_fresh()
        return str(self._tokens["AccessToken"])

    @property
    def id_token(self) -> str:
        """As `access_token`; its claims name the user."""
        self._stay_fresh()
        return str(self._tokens["IdToken"])

    @property
    def claims(self) -> dict[str, Any]:
        """The ID token's claims, not verified: the server that issued them was asked directly."""
        payload = self.id_token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups as of the last refresh."""
        return tuple(self.claims.get("cognito:groups", ()))

    def start(self, username: str, password: str, *, send_password: bool = False) -> "Session":
        """Sign in with SRP, or by sending the password. Raises RequestRefused, or NewPasswordRequired for an invited
        user.
        """
        if send_password:
            parameters = {"USERNAME": username, "PASSWORD": password}
            asked = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
            return self._follow(self._idp("InitiateAuth", ClientId=self.outputs.client_id, **asked))
        srp = ClientSession(self.outputs.user_pool_id)
        challenge = self._idp(
            "InitiateAuth",
            AuthFlow="USER_SRP_AUTH",
            ClientId=self.outputs.client_id,
            AuthParameters={"USERNAME": username, "SRP_A": srp.public},
        )
        now = int(self._clock() * 1_000_000)
        answer = srp.answer(challenge["ChallengeParameters"], username, password, now)
        return self.respond("PASSWORD_VERIFIER", answer, challenge.get("Session"))

    def respond(self, challenge: str, responses: Mapping[str, str], session: str | None) -> "Session":
        """Answer a challenge and keep the tokens."""
        request: dict[str, Any] = {"ChallengeName": challenge, "ChallengeResponses": dict(responses)}
        if session is not None:
            request["Session"] = session
        return self._follow(self._idp("RespondToAuthChallenge", ClientId=self.outputs.client_id, **request))

    def _follow(self, answer: dict[str, Any]) -> "Session":
        following = answer.get("ChallengeName")
        if following == "NEW_PASSWORD_REQUIRED":
            raise NewPasswordRequired(self, answer)
        if following is not None:
            raise ClientError(
                f"The server asks for {following}.",
                resolution="This client signs in with passwords only; use a full client.",
            )
        self._keep(answer["AuthenticationResult"])
        return self

    def refresh(self) -> None:
        """Fetch new tokens now, for example after a change of groups."""
        answer = self._idp(
            "GetTokensFromRefreshToken",
            RefreshToken=self._tokens["RefreshToken"],
            ClientId=self.outputs.client_id,
        )
        self._keep(answer["AuthenticationResult"])

    def credentials(self) -> Credentials:
        """Identity-pool credentials for requests under IAM. Raises ClientError without an identity pool."""
        if self._credentials is None or self._credentials.expires - _MARGIN < self._clock():
            pool = self.outputs.identity_pool_id
            if pool is None:
                raise ClientError("The outputs name no identity pool.", resolution='Use auth_mode="userPool".')
            issuer = urlsplit(self.claims["iss"])
            self._credentials = fetch_credentials(
                self._http, self.outputs, pool, {issuer.netloc + issuer.path: self.id_token}
            )
        return self._credentials

    def sign_out(self, *, everywhere: bool = False) -> None:
        """Revoke this session's tokens, or all of the user's with `everywhere`."""
        if everywhere:
            self._idp("GlobalSignOut", AccessToken=self.access_token)
        else:
            self._idp("RevokeToken", Token=self._tokens["RefreshToken"], ClientId=self.outputs.client_id)
        self._tokens, self._credentials, self._expires = {}, None, 0.0

    def _stay_fresh(self) -> None:
        if not self._tokens:
            raise ClientError("Nobody is signed in.", resolution="Call sign_in(...) first.")
        if self._expires - _MARGIN < self._clock():
            self.refresh()

    def _keep(self, result: Mapping[str, Any]) -> None:
        self._tokens = {**self._tokens, **result}
        self._expires = self._clock() + float(result["ExpiresIn"])
        self._credentials = None

    def _idp(self, operation: str, **request: Any) -> dict[str, Any]:
        return call(self._http, self.outputs.service_url("cognito-idp"), "cognito-idp", operation, request)


def sign_in(
    outputs: Any,
    username: str,
    password: str,
    *,
    send_password: bool = False,
    endpoint: str | None = None,
    ca_file: str | None = None,
    http: httpx.Client | None = None,
    clock: Clock = time.time,  # noqa: TID251 - the one place where the client meets the wall clock
) -> Session:
    """Sign in with SRP; the password never leaves this process, unless `send_password` says so.

    It has to for a user pool that keeps argon2id hashes, and once for a user who was imported with a hash.

    `outputs` is a path, a decoded document or Outputs; `endpoint` and `ca_file` go before what they say.
    Raises RequestRefused (for example NotAuthorizedException) when the server says no, NewPasswordRequired for an
    invited user.
    """
    where = Outputs.read(outputs, endpoint, ca_file)
    return Session(where, http=http, clock=clock).start(username, password, send_password=send_password)


def reset_password(
    outputs: Any,
    username: str,
    *,
    endpoint: str | None = None,
    ca_file: str | None = None,
    http: httpx.Client | None = None,
) -> dict[str, str]:
    """Have a code sent with which a new password can be set; AWS's CodeDeliveryDetails.

    Raises RequestRefused. A backend that hides who exists answers for unknown users too.
    """
    answer = _ask(Outputs.read(outputs, endpoint, ca_file), http, "ForgotPassword", Username=username)
    details: dict[str, str] = answer["CodeDeliveryDetails"]
    return details


def confirm_reset_password(
    outputs: Any,
    username: str,
    code: str,
    new_password: str,
    *,
    endpoint: str | None = None,
    ca_file: str | None = None,
    http: httpx.Client | None = None,
) -> None:
    """Set a new password with the code from `reset_password`; nobody is signed in by it.

    Raises RequestRefused, for example CodeMismatchException or InvalidPasswordException.
    """
    given = {"Username": username, "ConfirmationCode": code, "Password": new_password}
    _ask(Outputs.read(outputs, endpoint, ca_file), http, "ConfirmForgotPassword", **given)


def _ask(outputs: Outputs, http: httpx.Client | None, operation: str, **request: str) -> dict[str, Any]:
    """One call on behalf of nobody, over a connection of its own unless there is one."""
    url, complete = outputs.service_url("cognito-idp"), {"ClientId": outputs.client_id, **request}
    if http is not None:
        return call(http, url, "cognito-idp", operation, complete)
    with open_connection(outputs.ca_file, 30) as own:
        return call(own, url, "cognito-idp", operation, complete)


def fetch_credentials(http: httpx.Client, outputs: Outputs, pool: str, logins: Mapping[str, str]) -> Credentials:
    """GetId and GetCredentialsForIdentity; no logins means a guest."""
    url = outputs.service_url("cognito-identity")
    request = {"Logins": dict(logins)} if logins else {}
    identity = call(http, url, "cognito-identity", "GetId", {"IdentityPoolId": pool, **request})
    answer = call(
        http, url, "cognito-identity", "GetCredentialsForIdentity", {"IdentityId": identity["IdentityId"], **request}
    )
    found = answer["Credentials"]
    return Credentials(found["AccessKeyId"], found["SecretKey"], found["SessionToken"], float(found["Expiration"]))
