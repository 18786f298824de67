"""What an operator does to one user in the console, in Chromium, with scripts and without: told before, done, told."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from clients.console_tour import Operator, operator
from clients.development import PASSWORD, Backend, new_email
from clients.pools import TOTP, Authenticator, Pool, new_pool
from playwright.async_api import Browser, expect

TRACKING = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
OTHER = "Other-Horse-77"
pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Desk:
    """The operator's browser, on a pool with second steps and devices."""

    visitor: Operator
    pool: Pool

    def now(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.pool.backend.root.admin_get_user(UserPoolId=self.pool.id, Username=name)
        return found

    def sign_in(self, name: str, password: str = PASSWORD) -> dict[str, Any]:
        answer: dict[str, Any] = self.pool.backend.public.initiate_auth(
            ClientId=self.pool.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        return answer

    async def act(self, name: str, link: str, effect: str, button: str, told: str, **typed: str) -> None:
        """From the user's page over the one that says what will happen, and back."""
        await self.visitor.open(f"/user?name={name}")
        main = self.visitor.page.locator("main")
        await main.get_by_role("link", name=link, exact=True).click()
        await expect(main).to_contain_text(effect)
        await self.visitor.tab.fill(**typed)
        await main.get_by_role("button", name=button, exact=True).click()
        await expect(main).to_contain_text(told)


@pytest.fixture(scope="module")
def pool(sqlite_backend: Backend) -> Pool:
    made = new_pool(sqlite_backend, {"DeviceConfiguration": TRACKING}, ExplicitAuthFlows=FLOWS)
    made.require("OPTIONAL", **TOTP)
    sqlite_backend.root.create_group(UserPoolId=made.id, GroupName="EDITORS")
    return made


@pytest_asyncio.fixture(loop_scope="session", params=[True, False], ids=["scripts", "no-scripts"])
async def desk(request: pytest.FixtureRequest, chromium: Browser, pool: Pool) -> AsyncIterator[Desk]:
    async with operator(chromium, pool.backend, pool.id, scripted=request.param) as visitor:
        yield Desk(visitor, pool)


async def test_new_accounts(desk: Desk) -> None:
    """One that signed up is confirmed, and one that was invited gets another invitation."""
    root, public = desk.pool.backend.root, desk.pool.backend.public
    waiting, invited = new_email("waiting"), new_email("again")
    public.sign_up(ClientId=desk.pool.client, Username=waiting, Password=PASSWORD)
    effect, told = "without the code that was sent", "is confirmed and may sign in. No address was marked as verified."
    await desk.act(waiting, "Confirm", effect, "Confirm", told)
    assert desk.now(waiting)["UserStatus"] == "CONFIRMED"
    root.admin_create_user(UserPoolId=desk.pool.id, Username=invited)
    effect, told = "A message with a new temporary password goes to", "A new invitation is on its way to"
    await desk.act(invited, "Resend invitation", effect, "Resend invitation", told)
    assert len(desk.pool.backend.messages(invited, 2)) == 2


async def test_passwords_attributes_and_groups(desk: Desk) -> None:
    name = desk.pool.new_user().sub
    effect, told = "is replaced by the one below. Nobody is told.", "chooses another one then"
    await desk.act(name, "Set password", effect, "Set password", told, password=OTHER)
    assert desk.now(name)["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    await desk.visitor.open(f"/user/set-password?name={name}")
    await desk.visitor.tab.fill(password=OTHER)
    await desk.visitor.page.get_by_label("Permanent").check()
    await desk.visitor.page.get_by_role("button", name="Set password").click()
    await desk.visitor.says("signs in with the new password from now on")
    assert "AuthenticationResult" in desk.sign_in(name, OTHER)
    effect, told = "The password stops working now.", "A code to choose a new one is on its way"
    await desk.act(name, "Reset password", effect, "Reset password", told)
    assert desk.now(name)["UserStatus"] == "RESET_REQUIRED"
    changed = {"a-name": "Ida Rhodes"}
    effect = "What is emptied is removed."
    await desk.act(name, "Edit the attributes", effect, "Save changes", "Changed name.", **changed)
    await desk.act(name, "Edit the attributes", effect, "Save changes", "Removed name.", **{"a-name": ""})
    assert "name" not in {entry["Name"] for entry in desk.now(name)["UserAttributes"]}
    await desk.visitor.page.get_by_label("Add to a group").select_option("EDITORS")
    await desk.visitor.page.get_by_role("button", name="Add", exact=True).click()
    await desk.visitor.says("is a member of EDITORS now")
    effect, told = "loses what the group may do, from the next request on", "is no member of EDITORS any more"
    await desk.act(name, "Remove from EDITORS", effect, "Remove", told)


async def test_sign_ins_devices_and_second_steps(desk: Desk) -> None:
    """A session and then all of them, a device, and the authenticator app, which takes the typed name."""
    user, public = desk.pool.new_user(), desk.pool.backend.public
    name, signed = user.sub, desk.sign_in(user.sub)["AuthenticationResult"]
    token, key = signed["AccessToken"], signed["NewDeviceMetadata"]["DeviceKey"]
    verifier = {
        "PasswordVerifier": base64.b64encode(b"\7" * 384).decode(),
        "Salt": base64.b64encode(b"s" * 16).decode(),
    }
    public.confirm_device(
        AccessToken=token, DeviceKey=key, DeviceName="Ada's phone", DeviceSecretVerifierConfig=verifier
    )
    secret = public.associate_software_token(AccessToken=token)["SecretCode"]
    public.verify_software_token(AccessToken=token, UserCode=Authenticator(secret).code())
    public.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    effect = "needs everything that a new device needs"
    await desk.act(name, "Forget Ada's phone", effect, "Forget", "is forgotten.")
    devices = desk.pool.backend.root.admin_list_devices(UserPoolId=desk.pool.id, Username=name)["Devices"]
    assert devices == []
    effect, told = "The authenticator app of", "has no second step any more."
    await desk.act(name, "Reset second step", effect, "Reset second step", told, confirm=user.email)
    assert "UserMFASettingList" not in desk.now(name)
    effect, told = "The tokens of this one sign-in are refused", "its tokens are refused from now on"
    await desk.act(name, "End the sign-in to Studio", effect, "End", told)
    with pytest.raises(public.exceptions.NotAuthorizedException):
        public.get_user(AccessToken=token)
    again = desk.sign_in(name)["AuthenticationResult"]["AccessToken"]
    effect, told = "Every sign-in of", "is signed out everywhere."
    await desk.act(name, "Sign out everywhere", effect, "Sign out everywhere", told)
    with pytest.raises(public.exceptions.NotAuthorizedException):
        public.get_user(AccessToken=again)
