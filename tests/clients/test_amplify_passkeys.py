"""aws-amplify v6 in Chromium, with passkeys of its virtual authenticators, from another origin than the server's."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from clients import web_app
from clients.browser import Tab
from clients.development import PASSWORD, Backend, User
from clients.pools import CHOICE, PASSWORDLESS, Pool, new_pool
from clients.virtual_authenticators import Devices, devices

pytestmark = pytest.mark.asyncio(loop_scope="session")
DONE = {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}
CLIENT = {"ExplicitAuthFlows": CHOICE, "PreventUserExistenceErrors": "ENABLED"}


class App:
    """The app's page, with its pool, and the devices at hand."""

    def __init__(self, window: Tab, pool: Pool, found: Devices) -> None:
        self.window = window
        self.pool = pool
        self.devices = found

    async def __call__(self, action: str, given: Any = None) -> Any:
        outcome = await self.window.page.evaluate("([action, given]) => amplify(action, given)", [action, given])
        if "error" in outcome:
            raise Refused(outcome["error"])
        return outcome["value"]

    async def by_password(self, user: User) -> None:
        assert await self("signIn", {"username": user.email, "password": PASSWORD}) == DONE

    async def by_passkey(self, user: User) -> Any:
        options = {"authFlowType": "USER_AUTH", "preferredChallenge": "WEB_AUTHN"}
        return await self("signIn", {"username": user.email, "options": options})

    async def listed(self) -> list[dict[str, Any]]:
        return list((await self("listWebAuthnCredentials"))["credentials"])

    async def owner(self, name: str) -> tuple[User, list[dict[str, Any]]]:
        """Somebody with a passkey on a device of his own, which is put away; nobody is signed in."""
        user, device = self.pool.new_user(name), await self.devices.attach()
        await self.by_password(user)
        await self("associateWebAuthnCredential")
        await self("signOut")
        return user, await device.put_away()

    async def is_signed_in(self) -> bool:
        return (await self("fetchAuthSession")).get("tokens") is not None


class Refused(Exception):
    """What the library threw."""


@pytest_asyncio.fixture(loop_scope="session")
async def app(backend: Backend, window: Tab) -> AsyncIterator[App]:
    pool = new_pool(backend, PASSWORDLESS, **CLIENT)
    with web_app.serve(backend.project) as site:
        site.app |= {"userPoolId": pool.id, "userPoolClientId": pool.client}
        await window.page.goto(f"{site.origin}/library.html")
        await window.page.wait_for_function("document.title === 'Ready'")
        yield App(window, pool, await devices(window))


async def test_register_and_sign_in(app: App) -> None:
    """A passkey is made, listed, used in place of the password, and not made twice on one device."""
    user, device = app.pool.new_user(), await app.devices.attach()
    await app.by_password(user)
    await app("associateWebAuthnCredential")
    (found,) = await app.listed()
    assert (found["relyingPartyId"], found["authenticatorAttachment"]) == ("localhost", "platform")
    with pytest.raises(Refused, match="PasskeyAlreadyExists"):
        await app("associateWebAuthnCredential")
    await app("signOut")
    assert await app.by_passkey(user) == DONE
    assert (await app("fetchUserAttributes"))["sub"] == user.sub
    assert [each["credentialId"] for each in await app.listed()] == [found["credentialId"]]
    assert [each["signCount"] for each in await device.passkeys()] == [2]


async def test_chosen_among_others(app: App) -> None:
    """Without a preference the passkey is one of the choices."""
    user, passkeys = await app.owner("chooser")
    await app.devices.attach(*passkeys)
    asked = (await app("signIn", {"username": user.email, "options": {"authFlowType": "USER_AUTH"}}))["nextStep"]
    assert asked["availableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "WEB_AUTHN"]
    assert await app("confirmSignIn", {"challengeResponse": "WEB_AUTHN"}) == DONE
    assert await app.is_signed_in()


async def test_removed_passkey(app: App) -> None:
    """The device still has it and the browser still uses it; the server knows it no more."""
    user, first = await app.owner("remover")
    second = await app.devices.attach()
    await app.by_password(user)
    await app("associateWebAuthnCredential")
    old, new = await app.listed()
    await app("deleteWebAuthnCredential", {"credentialId": old["credentialId"]})
    assert await app.listed() == [new]
    await app("signOut")
    kept = await second.put_away()
    lost = await app.devices.attach(*first)
    with pytest.raises(Refused, match="NotAuthorizedException: The passkey was not accepted"):
        await app.by_passkey(user)
    assert not await app.is_signed_in()
    await lost.put_away()
    await app.devices.attach(*kept)
    assert await app.by_passkey(user) == DONE


async def test_passkey_of_another_user(app: App) -> None:
    """Whoever has a passkey of his own cannot sign in as somebody else with it, and can still sign in himself."""
    ada, _ = await app.owner("ada")
    eve, passkeys = await app.owner("eve")
    await app.devices.attach(*passkeys)
    with pytest.raises(Refused, match="NotAuthorizedException: The passkey was not accepted"):
        await app.by_passkey(ada)
    assert not await app.is_signed_in()
    assert await app.by_passkey(eve) == DONE
    assert (await app("getCurrentUser"))["userId"] == eve.sub


async def test_another_relying_party(app: App) -> None:
    """Passkeys of a pool for another domain are not made at this address."""
    user = app.pool.new_user()
    app.pool.require("OFF", WebAuthnConfiguration={"RelyingPartyId": "example.com"})
    await app.devices.attach()
    await app.by_password(user)
    with pytest.raises(Refused, match="RelyingPartyMismatch"):
        await app("associateWebAuthnCredential")
    assert await app.listed() == []
