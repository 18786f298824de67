"""People with second factors and devices on a Stage, and what their authenticators and devices answer."""

import base64
from typing import Any

from operations.stage import EMAIL, PASSWORD, Stage

from poolhouse.crypto import srp, totp
from poolhouse.crypto.group import SIZE

TOTP_ONLY = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
EMAIL_ONLY = {"EmailMfaConfiguration": {}}
PREFERRED = {"Enabled": True, "PreferredMfa": True}
WRONG_TOTP = ("CodeMismatch", "Invalid code received for user")
WRONG_CODE = ("CodeMismatch", "Invalid code or auth state for the user.")
INVALID_SESSION = ("NotAuthorized", "Invalid session for the user.")
EXCEEDED = ("NotAuthorized", "Attempt limit exceeded, please try after some time.")


async def configure(stage: Stage, mode: str = "OPTIONAL", **factors: Any) -> dict[str, Any]:
    """SetUserPoolMfaConfig; authenticators only, unless `factors` say otherwise."""
    return await stage.admin("SetUserPoolMfaConfig", MfaConfiguration=mode, **(factors or TOTP_ONLY))


class Authenticator:
    """An app that holds a secret."""

    def __init__(self, stage: Stage, secret: str) -> None:
        self._stage = stage
        self._secret = base64.b32decode(secret)

    def code(self, steps: int = 0) -> str:
        """What it shows now, or so many steps away."""
        return totp.code(self._secret, totp.step_of(self._stage.services.clock()) + steps)

    def wrong(self) -> str:
        shown = {self.code(off) for off in range(-2, 3)}
        return next(code for code in map("{:06d}".format, range(6)) if code not in shown)


async def enrol(stage: Stage, username: str = EMAIL, *, enabled: bool = True) -> Authenticator:
    """A user with a verified authenticator; the step of now and the next one are free again."""
    token = (await stage.tokens(username))["AccessToken"]
    secret = (await stage.public("AssociateSoftwareToken", AccessToken=token))["SecretCode"]
    app = Authenticator(stage, secret)
    answer = await stage.public("VerifySoftwareToken", AccessToken=token, UserCode=app.code())
    assert answer == {"Status": "SUCCESS"}
    if enabled:
        settings = {"SoftwareTokenMfaSettings": PREFERRED}
        await stage.admin("AdminSetUserMFAPreference", Username=username, **settings)
    stage.services.clock.advance(seconds=totp.STEP_SECONDS)  # type: ignore[attr-defined]
    return app


async def verified_email(stage: Stage, username: str = EMAIL) -> None:
    verified = [{"Name": "email_verified", "Value": "true"}]
    await stage.admin("AdminUpdateUserAttributes", Username=username, UserAttributes=verified)


async def by_email(stage: Stage, username: str = EMAIL) -> None:
    """The user's verified address becomes the preferred factor."""
    await verified_email(stage, username)
    await stage.admin("AdminSetUserMFAPreference", Username=username, EmailMfaSettings=PREFERRED)


async def respond(stage: Stage, asked: dict[str, Any], name: str | None = None, **responses: str) -> dict[str, Any]:
    """Answer a challenge, the one that was asked unless `name` says otherwise."""
    more = {"Session": asked["Session"]} if "Session" in asked else {}
    username = responses.pop("USERNAME", EMAIL)
    return await stage.public(
        "RespondToAuthChallenge",
        ClientId=stage.client,
        ChallengeName=name or asked["ChallengeName"],
        ChallengeResponses={"USERNAME": username, **responses, **stage.hashed(username)},
        **more,
    )


async def with_code(stage: Stage, asked: dict[str, Any], code: str) -> dict[str, Any]:
    member = {"SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE", "EMAIL_OTP": "EMAIL_OTP_CODE"}[asked["ChallengeName"]]
    return await respond(stage, asked, **{member: code})


class Device:
    """A browser that was told a device key, with the secret that it made for it."""

    def __init__(self, metadata: dict[str, str]) -> None:
        self.key = metadata["DeviceKey"]
        self.group = metadata["DeviceGroupKey"]
        self.password = base64.b64encode(self.key.encode()).decode()

    def verifier(self) -> dict[str, str]:
        made = srp.make_verifier(self.group, self.key, self.password, b"\x01" * 16)
        number = int.from_bytes(made.verifier, "big")
        padded = number.to_bytes(SIZE + 1, "big").lstrip(b"\0")
        padded = b"\0" + padded if padded[0] >= 0x80 else padded
        return {
            "PasswordVerifier": base64.b64encode(padded).decode(),
            "Salt": base64.b64encode(made.salt).decode(),
        }

    async def confirm(self, stage: Stage, token: str, **more: Any) -> dict[str, Any]:
        request = {"DeviceName": "browser", "DeviceSecretVerifierConfig": self.verifier(), **more}
        return await stage.public("ConfirmDevice", AccessToken=token, DeviceKey=self.key, **request)

    async def start(self, stage: Stage, asked: dict[str, Any], **more: str) -> tuple[srp.ClientSession, dict[str, Any]]:
        session = srp.ClientSession(f"x_{self.group}")
        responses = {"DEVICE_KEY": self.key, "SRP_A": session.public, **more}
        return session, await respond(stage, asked, "DEVICE_SRP_AUTH", **responses)

    def answers(self, stage: Stage, session: srp.ClientSession, asked: dict[str, Any]) -> dict[str, str]:
        parameters = {**asked["ChallengeParameters"], "USER_ID_FOR_SRP": self.key}
        made = session.answer(parameters, self.key, self.password, stage.services.clock())
        return {**made, "USERNAME": EMAIL, "DEVICE_KEY": self.key}

    async def prove(self, stage: Stage, asked: dict[str, Any]) -> dict[str, Any]:
        session, verifier = await self.start(stage, asked)
        assert verifier["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
        return await respond(stage, verifier, **self.answers(stage, session, verifier))


async def from_device(stage: Stage, device: Device | None = None, **more: str) -> dict[str, Any]:
    """A sign-in by password that names the device."""
    named = {"DEVICE_KEY": device.key} if device else {}
    parameters = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, **named, **more}
    return await stage.public(
        "InitiateAuth", ClientId=stage.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )


async def new_device(stage: Stage) -> tuple[Device, dict[str, Any]]:
    """A confirmed device, and the tokens of the sign-in that brought it."""
    tokens = (await from_device(stage))["AuthenticationResult"]
    device = Device(tokens["NewDeviceMetadata"])
    await device.confirm(stage, tokens["AccessToken"])
    return device, tokens
