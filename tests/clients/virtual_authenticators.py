"""Chromium's virtual authenticators: passkeys in a browser without a person who touches something."""

from typing import Any

from clients.browser import Tab
from playwright.async_api import CDPSession

OPTIONS = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """What keeps the passkeys of one device; while it is put away the browser cannot use them."""

    def __init__(self, browser: CDPSession, identity: str) -> None:
        self._browser = browser
        self._identity = identity

    async def passkeys(self) -> list[dict[str, Any]]:
        found = await self._browser.send("WebAuthn.getCredentials", {"authenticatorId": self._identity})
        return list(found["credentials"])

    async def put_away(self) -> list[dict[str, Any]]:
        """Its passkeys, to be handed to `attach` again."""
        kept = await self.passkeys()
        await self._browser.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self._identity})
        return kept


class Devices:
    """The devices of one tab."""

    def __init__(self, browser: CDPSession) -> None:
        self._browser = browser

    async def attach(self, *passkeys: dict[str, Any]) -> Device:
        """A device that has these passkeys."""
        made = await self._browser.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
        device = Device(self._browser, made["authenticatorId"])
        for passkey in passkeys:
            given = {"authenticatorId": made["authenticatorId"], "credential": passkey}
            await self._browser.send("WebAuthn.addCredential", given)
        return device


async def devices(tab: Tab) -> Devices:
    browser = await tab.context.new_cdp_session(tab.page)
    await browser.send("WebAuthn.enable")
    return Devices(browser)
