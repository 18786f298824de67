"""Tokens of the implicit flow: the browser's session was looked at before, so it is looked at again."""

import pytest
from operations.stage import EMAIL, build, refused

from poolhouse.operations.oauth import authorization, sign_ins
from poolhouse.operations.oauth.parameters import Parameters
from poolhouse.operations.oauth.sessions import SignedIn
from poolhouse.store import users

BACK = "https://app.example.com/back"
IMPLICIT = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["implicit"],
    "AllowedOAuthScopes": ["openid"],
    "CallbackURLs": [BACK],
    "SupportedIdentityProviders": ["COGNITO"],
}


@pytest.mark.parametrize("ending", ["AdminUserGlobalSignOut", "AdminDisableUser", "AdminDeleteUser"])
async def test_user_who_was_signed_out_meanwhile(services, invoke, clock, ending):
    """No tokens, and no fault, for somebody who was signed out behind the look at the session."""
    stage = await build(services, invoke, client=IMPLICIT | {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]})
    await stage.person()
    form = {"client_id": stage.client, "redirect_uri": BACK, "response_type": "token"}
    asked = await authorization.check(services, Parameters(form))
    async with services.database.read() as tx:
        who = SignedIn(await users.get(tx, asked.pool, EMAIL), clock(), EMAIL)
    assert "access_token" in await sign_ins.implicit(services, asked, who)
    clock.advance(seconds=1)
    await stage.admin(ending, Username=EMAIL)
    assert (await refused(sign_ins.implicit(services, asked, who))).message == "Invalid session for the user."
