"""One user's page and everything that can be done there: what it says before, what it says after, what happened."""

import re

import pytest
from cases import each
from operations.factors_stage import enrol
from operations.stage import EMAIL, PASSWORD
from pages.console.console_world import ADMIN, CUSTOMER, STRANGER, SUPPORT, actions, alert, told

from poolhouse.operations import audit


async def test_page_shows_what_is_known(operator):
    await operator.stage.tokens(CUSTOMER)
    page = await operator.get("/user", name=CUSTOMER)
    text = page.text
    assert page.status_code == 200
    assert CUSTOMER in text
    assert "CUSTOMERS" in text
    assert "since <time" in text
    assert "Confirmed" in text


@each("name", ["", "nobody@example.com", "a b", "\0", "x" * 300, "%", "../users"])
async def test_unknown_user(operator, name):
    """Every page about a user says that there is none."""
    for path in ("/user", "/user/attributes", "/user/delete", "/user/sessions/end"):
        page = await operator.get(path, name=name)
        assert (page.status_code, "There is no such user" in page.text) == (404, True)
    assert (await operator.post("/user/delete", {"confirm": name}, name=name)).status_code == 404


# --- each action -------------------------------------------------------------------------------------------


async def done(console, path: str, fields: dict | None = None, *, email: str = CUSTOMER, **query: str) -> str:
    """What the page behind an action says; the page before it has said what it would do."""
    name = await console.name(email)
    before = await console.get(path, name=name, **query)
    assert "What will happen" in before.text
    page = await console.followed(await console.post(path, fields or {}, name=name, **query))
    assert page.status_code == 200
    again = await console.browser.get(page.url)
    assert told(again) == "", "told once"
    return told(page)


async def test_disable_and_enable(operator):
    await operator.stage.tokens(CUSTOMER)
    assert "is disabled" in await done(operator, "/user/disable", {"confirm": CUSTOMER})
    assert (await operator.state(CUSTOMER))["Enabled"] is False
    assert (await operator.stage.admin("AdminListUserSessions", Username=CUSTOMER))["Sessions"] == []
    assert "Enable" in actions(await operator.get("/user", name=CUSTOMER))
    assert "may sign in again" in await done(operator, "/user/enable")
    assert (await operator.state(CUSTOMER))["Enabled"] is True


async def test_delete(operator):
    name = await operator.name(CUSTOMER)
    page = await operator.followed(await operator.post("/user/delete", {"confirm": CUSTOMER}, name=name))
    assert told(page) == f"{CUSTOMER} was deleted."
    assert (await operator.get("/user", name=name)).status_code == 404
    assert await operator.count() == 3


@pytest.mark.parametrize("path", ["/user/delete", "/user/disable", "/user/reset-mfa"])
async def test_name_has_to_be_typed(operator, path):
    """Checked at the server, whatever the script does."""
    before = await operator.state(CUSTOMER)
    for typed in ("", "customer", f"{CUSTOMER}x", ADMIN):
        page = await operator.post(path, {"confirm": typed}, name=await operator.name(CUSTOMER))
        assert (page.status_code, alert(page)) == (400, f"Type {CUSTOMER} to confirm; that was something else.")
    assert await operator.state(CUSTOMER) == before


async def test_confirm(operator):
    await operator.stage.sign_up("fresh@example.com")
    assert "is confirmed" in await done(operator, "/user/confirm", email="fresh@example.com")
    assert (await operator.state("fresh@example.com"))["UserStatus"] == "CONFIRMED"
    refused = await operator.post("/user/confirm", {}, name=await operator.name("fresh@example.com"))
    assert (refused.status_code, alert(refused)) == (403, "User cannot be confirmed. Current status is CONFIRMED")


async def test_reset_password(operator):
    verified = [{"Name": "email_verified", "Value": "true"}]
    await operator.stage.admin("AdminUpdateUserAttributes", Username=CUSTOMER, UserAttributes=verified)
    assert f"on its way to {CUSTOMER}" in await done(operator, "/user/reset-password")
    assert (await operator.state(CUSTOMER))["UserStatus"] == "RESET_REQUIRED"
    assert await operator.stage.code(CUSTOMER)


@pytest.mark.parametrize(("kind", "status"), [("permanent", "CONFIRMED"), ("temporary", "FORCE_CHANGE_PASSWORD")])
async def test_set_password(operator, kind, status):
    fields = {"password": "Brand-New-Horse1", "kind": kind}
    assert "signs in with the" in await done(operator, "/user/set-password", fields)
    assert (await operator.state(CUSTOMER))["UserStatus"] == status
    answer = await operator.stage.by_password(CUSTOMER, "Brand-New-Horse1")
    assert ("AuthenticationResult" in answer) == (kind == "permanent")


async def test_weak_password_is_refused(operator):
    """What was chosen stays chosen; the password is not shown again."""
    fields = {"password": "weak-Horse", "kind": "permanent"}
    page = await operator.post("/user/set-password", fields, name=await operator.name(CUSTOMER))
    assert (page.status_code, "Password did not conform" in alert(page)) == (400, True)
    assert "weak-Horse" not in page.text
    assert 'value="permanent" required checked' in page.text
    assert "AuthenticationResult" in await operator.stage.by_password(CUSTOMER)


async def test_sign_out_everywhere(operator):
    for _ in range(2):
        await operator.stage.tokens(CUSTOMER)
    assert "signed out everywhere" in await done(operator, "/user/sign-out")
    assert (await operator.stage.admin("AdminListUserSessions", Username=CUSTOMER))["Sessions"] == []


async def test_end_one_session(operator):
    for _ in range(2):
        await operator.stage.tokens(CUSTOMER)
    first, second = (await operator.stage.admin("AdminListUserSessions", Username=CUSTOMER))["Sessions"]
    page = await operator.get("/user", name=await operator.name(CUSTOMER))
    assert page.text.count("/user/sessions/end?") == 2
    assert "is over" in await done(operator, "/user/sessions/end", session=first["SessionId"])
    left = (await operator.stage.admin("AdminListUserSessions", Username=CUSTOMER))["Sessions"]
    assert [each["SessionId"] for each in left] == [second["SessionId"]]
    again = await operator.post("/user/sessions/end", {}, name=CUSTOMER, session=first["SessionId"])
    assert (again.status_code, alert(again)) == (400, "The user has no such session.")


@pytest.mark.parametrize("session", ["", "x", "tkn" + "0" * 25])
async def test_unknown_session(operator, session):
    assert (await operator.post("/user/sessions/end", {}, name=CUSTOMER, session=session)).status_code == 400


async def test_groups(operator):
    page = await operator.post("/user/groups/add", {"group": "EDITORS"}, name=CUSTOMER)
    page = await operator.followed(page)
    assert "is a member of EDITORS now" in told(page)
    assert f'href="{operator.at("/group")}?name=EDITORS">See EDITORS' in page.text
    assert (await operator.state(CUSTOMER))["groups"] == ["CUSTOMERS", "EDITORS"]
    assert "no member of EDITORS" in await done(operator, "/user/groups/remove", group="EDITORS")
    assert (await operator.state(CUSTOMER))["groups"] == ["CUSTOMERS"]
    refused = await operator.post("/user/groups/add", {"group": "NOBODY"}, name=CUSTOMER)
    assert (refused.status_code, alert(refused)) == (400, "Group not found.")


async def test_reset_second_step(services, invoke, operator):
    stage = operator.stage
    await stage.admin(
        "SetUserPoolMfaConfig", MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    await stage.person(EMAIL)
    await enrol(stage)
    on = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    await stage.admin("AdminSetUserMFAPreference", Username=EMAIL, **on)
    page = await operator.get("/user", name=EMAIL)
    assert "Authenticator app" in page.text
    assert "Reset second step" in actions(page)
    assert "no second step" in await done(operator, "/user/reset-mfa", {"confirm": EMAIL}, email=EMAIL)
    assert "UserMFASettingList" not in await stage.user(EMAIL)
    assert "AuthenticationResult" in await stage.by_password(EMAIL)


async def test_devices_are_forgotten(operator):
    """Of a pool that follows devices; the page of another one does not speak of them."""
    assert 'id="devices"' not in (await operator.get("/user", name=CUSTOMER)).text
    tracking = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
    await operator.stage.admin("UpdateUserPool", DeviceConfiguration=tracking, AutoVerifiedAttributes=["email"])
    made = (await operator.stage.by_password(CUSTOMER))["AuthenticationResult"]
    key = made["NewDeviceMetadata"]["DeviceKey"]
    verifier = {"PasswordVerifier": "AQAB", "Salt": "AQAB"}
    await operator.stage.public(
        "ConfirmDevice",
        AccessToken=made["AccessToken"],
        DeviceKey=key,
        DeviceName="Phone <b>",
        DeviceSecretVerifierConfig=verifier,
    )
    page = await operator.get("/user", name=CUSTOMER)
    assert "Phone &lt;b&gt;" in page.text
    assert "is forgotten" in await done(operator, "/user/devices/forget", device=key)
    assert (await operator.stage.admin("AdminListDevices", Username=CUSTOMER))["Devices"] == []


async def test_invitation_is_sent_again(operator):
    await operator.stage.admin("AdminCreateUser", Username="new@example.com", DesiredDeliveryMediums=["EMAIL"])
    assert "A new invitation" in await done(operator, "/user/invite", email="new@example.com")
    assert len(await operator.stage.mail("new@example.com")) == 2


# --- attributes --------------------------------------------------------------------------------------------


async def test_attributes(operator):
    """What differs is changed, what is emptied is removed, the rest is left alone."""
    sent = {"a-name": "Ada", "a-nickname": "a", "a-email": CUSTOMER, "a-family_name": ""}
    page = await operator.followed(await operator.post("/user/attributes", sent, name=CUSTOMER))
    assert told(page) == "Changed name, nickname."
    page = await operator.followed(await operator.post("/user/attributes", {"a-nickname": ""}, name=CUSTOMER))
    assert told(page) == "Removed nickname."
    known = (await operator.state(CUSTOMER))["attributes"]
    assert (known["name"], "nickname" in known, known["email"]) == ("Ada", False, CUSTOMER)
    page = await operator.followed(await operator.post("/user/attributes", {"a-name": "Ada"}, name=CUSTOMER))
    assert "nothing was changed" in told(page)


async def test_verified_marks(operator):
    chosen = {"a-email": CUSTOMER, "a-email_verified": "true"}
    assert (await operator.post("/user/attributes", chosen, name=CUSTOMER)).status_code == 303
    assert (await operator.state(CUSTOMER))["attributes"]["email_verified"] == "true"
    await operator.post("/user/attributes", chosen | {"a-email_verified": "perhaps"}, name=CUSTOMER)
    assert (await operator.state(CUSTOMER))["attributes"]["email_verified"] == "true"
    await operator.post("/user/attributes", chosen | {"a-email_verified": "false"}, name=CUSTOMER)
    assert (await operator.state(CUSTOMER))["attributes"]["email_verified"] == "false"


@pytest.mark.parametrize("sent", [{"a-email": "no address"}, {"a-phone_number": "12"}, {"a-name": "x" * 3000}])
async def test_bad_attributes_are_refused(operator, sent):
    """Why, and what was typed."""
    before = await operator.state(CUSTOMER)
    page = await operator.post("/user/attributes", sent, name=CUSTOMER)
    assert (page.status_code, alert(page) != "") == (400, True)
    assert f'value="{next(iter(sent.values()))}"' in page.text
    assert await operator.state(CUSTOMER) == before


async def test_what_cannot_change_is_not_asked_for(operator):
    before = await operator.state(CUSTOMER)
    page = await operator.get("/user/attributes", name=CUSTOMER)
    assert 'name="a-sub"' not in page.text
    sent = {"a-sub": "1", "a-identities": "[]", "sub": "1"}
    assert (await operator.post("/user/attributes", sent, name=CUSTOMER)).status_code == 303
    assert await operator.state(CUSTOMER) == before


# --- new users ---------------------------------------------------------------------------------------------


async def test_invite(operator):
    sent = {"username": "new@example.com", "a-name": "Nora", "invite": "yes", "verified": "yes"}
    page = await operator.followed(await operator.post("/users/new", sent))
    assert told(page) == "new@example.com is a user now, and an invitation is on its way."
    state = await operator.state("new@example.com")
    assert (state["UserStatus"], state["attributes"]["email_verified"]) == ("FORCE_CHANGE_PASSWORD", "true")
    assert state["attributes"]["name"] == "Nora"
    assert len(await operator.stage.mail("new@example.com")) == 1


async def test_create_quietly(operator):
    sent = {"username": "new@example.com", "password": "Temporary-Horse1"}
    page = await operator.followed(await operator.post("/users/new", sent))
    assert "Nobody was told" in told(page)
    assert await operator.stage.mail("new@example.com") == []
    assert "ChallengeName" in await operator.stage.by_password("new@example.com", "Temporary-Horse1")


@each(
    "sent",
    [
        {"username": ""},
        {"username": "no address"},
        {"username": CUSTOMER},
        {"username": "new@example.com", "password": "weak-Horse"},
        {"username": "new@example.com", "a-phone_number": "1"},
    ],
)
async def test_refused_user_is_not_made(operator, sent):
    page = await operator.post("/users/new", sent | {"a-name": 'Nora "N"'})
    assert (page.status_code, alert(page) != "") == (400, True)
    assert 'value="Nora &#34;N&#34;"' in page.text
    assert "weak-Horse" not in page.text
    assert await operator.count() == 4


# --- people who may do some of it --------------------------------------------------------------------------


async def test_delegate_is_offered_what_he_may(support):
    page = await support.get("/user", name=CUSTOMER)
    assert actions(page) == ["Disable …"]
    assert re.findall(r'<option value="([^"]+)"', page.text.partition('id="groups"')[2]) == ["EDITORS"]
    assert 'id="history"' not in page.text
    assert 'id="trail"' not in page.text
    await support.stage.admin("AdminAddUserToGroup", Username=CUSTOMER, GroupName="EDITORS")
    page = await support.get("/user", name=CUSTOMER)
    assert re.findall(r"groups/remove\?name=[^&]+&amp;group=(\w+)", page.text) == ["EDITORS"]


async def test_delegate_does_what_he_may(support):
    """With his name on record, and the rule."""
    assert "is disabled" in await done(support, "/user/disable", {"confirm": CUSTOMER})
    assert (await support.state(CUSTOMER))["Enabled"] is False
    event = (await audit.events(support.services, operation="AdminDisableUser"))[0]
    sub = (await support.state(SUPPORT))["attributes"]["sub"]
    assert (event.actor.endswith(f"/user/{sub}"), event.body["way"], event.result) == (True, "console", "ok")
    assert "SUPPORT" in event.body["rule"]


@pytest.mark.parametrize("who", [ADMIN, STRANGER, SUPPORT])
async def test_delegate_sees_nobody_outside_his_circle(support, who):
    page = await support.get("/user", name=who)
    assert (page.status_code, "may not perform AdminGetUser" in page.text) == (403, True)
    assert "Confirmed" not in page.text


REFUSED = {
    "/user/delete": {"confirm": CUSTOMER},
    "/user/set-password": {"password": "Brand-New-Horse1", "kind": "permanent"},
    "/user/reset-mfa": {"confirm": CUSTOMER},
    "/user/sign-out": {},
    "/user/confirm": {},
    "/users/new": {"username": "new@example.com"},
}


@each("path", REFUSED)
async def test_delegate_is_refused_what_no_rule_allows(support, path):
    """Page and form alike, also when the form is sent without the page."""
    before, people = await support.state(CUSTOMER), await support.count()
    assert (await support.get(path, name=CUSTOMER)).status_code == 403
    assert (await support.post(path, REFUSED[path], name=CUSTOMER)).status_code == 403
    assert (await support.state(CUSTOMER), await support.count()) == (before, people)
    assert "AuthenticationResult" in await support.stage.by_password(CUSTOMER, PASSWORD)


@pytest.mark.parametrize("group", ["ADMINS", "SUPPORT", "CUSTOMERS"])
async def test_delegate_confers_no_other_group(support, group):
    """The reason stands on the page, and the attempt on record."""
    refused = await support.post("/user/groups/add", {"group": group}, name=CUSTOMER)
    assert (refused.status_code, "may not" in alert(refused)) == (403, True)
    assert (await support.state(CUSTOMER))["groups"] == ["CUSTOMERS"]
    events = await audit.events(support.services, operation="AdminAddUserToGroup", result="NotAuthorizedException")
    assert len(events) == 1


@pytest.mark.parametrize("who", [ADMIN, STRANGER])
async def test_delegate_acts_on_nobody_outside_his_circle(support, who):
    before = await support.state(who)
    for path, fields in (
        ("/user/disable", {"confirm": who}),
        ("/user/groups/add", {"group": "EDITORS"}),
        ("/user/attributes", {"a-name": "x"}),
    ):
        assert (await support.post(path, fields, name=who)).status_code == 403
    assert await support.state(who) == before


async def test_delegate_who_left_in_the_middle(support):
    """The form was open; the group is gone: nothing happens."""
    csrf = await support.csrf()
    await support.stage.admin("AdminRemoveUserFromGroup", Username=SUPPORT, GroupName="SUPPORT")
    refused = await support.post("/user/disable", {"confirm": CUSTOMER}, csrf=csrf, name=CUSTOMER)
    assert refused.status_code == 403
    assert (await support.state(CUSTOMER))["Enabled"] is True
