"""The pages of messages: previews, what a mail's markup may do, and other words."""

import html
import re

import pytest
from cases import each
from operations.stage import EMAIL_POOL
from pages.console.console_world import SUPPORT, alert, hidden, make_console, told

from poolhouse.operations.backend.state import POOL
from poolhouse.store import backend, pools
from poolhouse.store.backend import Resource
from poolhouse.store.settings import encode

SCRIPT = "<b>{####}</b><script>alert(1)</script><img src=x onerror=alert(1)>"
RICH = EMAIL_POOL | {
    "Policies": {"PasswordPolicy": {"MinimumLength": 10, "RequireSymbols": True, "TemporaryPasswordValidityDays": 3}},
    "AutoVerifiedAttributes": ["email"],
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
    "EmailVerificationMessage": "Old words {####}",
    "EmailVerificationSubject": "Old subject",
    "DeletionProtection": "ACTIVE",
    "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True},
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    "UserPoolTags": {"team": "people"},
    "LambdaConfig": {"PreSignUp": "arn:aws:lambda:us-east-1:000000000000:function:check"},
    "EmailConfiguration": {"From": "Team <team@example.com>"},
    "Schema": [{"Name": "team", "AttributeDataType": "String", "Mutable": True}],
}


async def settings(console):
    async with console.services.database.read() as tx:
        return (await pools.get(tx, console.stage.pool)).settings


async def change(console, fields: dict, *, step: str = "do"):
    """The form as the page has it, with some other words."""
    page = await console.get("/messages/edit")
    areas = re.findall(r'<textarea id="[^"]*" name="(\w+)"[^>]*>\n?(.*?)</textarea>', page.text, re.DOTALL)
    inputs = re.findall(r'name="(\w+)" type="text" value="([^"]*)"', page.text)
    known = {name: html.unescape(value) for name, value in [*areas, *inputs]}
    words = {"option": "CONFIRM_WITH_CODE", **known, **fields}
    return await console.post("/messages/edit", {**words, "seen": hidden(page)["seen"], "step": step})


async def test_every_message(operator):
    """What it says, how long it is, and who delivers it."""
    page = await operator.get("/messages")
    assert page.text.count('<pre class="letter"') == 10
    for text in ("Your confirmation code is 123456", "temporary password is Temporary-9", "in GSM-7: 1 text message."):
        assert text in page.text
    assert page.text.count("This server delivers it.") == 10


async def test_markup_is_shown_as_text(operator):
    """On the page it is source; as a mail it is a page of its own that can do nothing."""
    await change(operator, {"email_message": SCRIPT})
    page = await operator.get("/messages")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    mail = await operator.get("/messages/preview", kind="verify")
    policy = mail.headers["content-security-policy"]
    assert mail.text == SCRIPT.replace("{####}", "123456")
    assert policy.startswith("sandbox; default-src 'none';")
    assert "allow-" not in policy
    assert "script-src" not in policy
    assert mail.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("kind", ["", "confirm", "nothing"])
async def test_nothing_to_show_as_a_mail(operator, kind):
    """A mail of plain text is shown as it is."""
    assert (await operator.get("/messages/preview", kind=kind)).status_code == 404


async def test_change_is_shown_first(operator):
    """The messages with the new words, and nothing kept before that."""
    before = encode(await settings(operator))
    page = await change(operator, {"sms_message": "Code: {####}", "code_sms": "Sign in: {####}"}, step="see")
    assert "Code: 123456" in page.text
    assert "Sign in: 123456" in page.text
    assert encode(await settings(operator)) == before


async def test_an_invitation_without_its_password(operator):
    """AWS's model allows it; whoever looks is told that nobody could sign in with it."""
    page = await change(operator, {"invite_message": "Welcome, {username}."}, step="see")
    assert page.text.count("The password is not in it") == 1
    assert "The code is not in it" not in page.text


async def test_change_of_the_words_alone(services, invoke):
    """UpdateUserPool resets what it does not name: every other setting is what it was."""
    console = await make_console(services, invoke, people=False, **RICH)
    await console.enter()
    before = await settings(console)
    done = await change(console, {"invite_subject": "Welcome", "invite_message": "{username}, type {####}."})
    assert told(await console.followed(done)).startswith("The words were changed.")
    after = await settings(console)
    for name in before.__struct_fields__:
        if name not in {"AdminCreateUserConfig", "VerificationMessageTemplate"} and "Verification" not in name:
            assert getattr(after, name) == getattr(before, name), name
    assert after.VerificationMessageTemplate.EmailMessage == "Old words {####}"
    assert after.VerificationMessageTemplate.EmailSubject == "Old subject"
    assert after.AdminCreateUserConfig.AllowAdminCreateUserOnly
    assert after.AdminCreateUserConfig.InviteMessageTemplate.EmailSubject == "Welcome"
    assert "Old words 123456" in (await console.get("/messages")).text


@each(
    "fields",
    [
        {"email_message": "No code in it"},
        {"sms_message": "No code in it"},
        {"link_message": "No link in it"},
        {"email_subject": "x" * 200},
        {"sms_message": "{####}" + "x" * 200},
        {"option": "CONFIRM_WITH_MAGIC"},
        {"email_message": "{####}" + "x" * 30_000},
    ],
)
async def test_words_that_are_refused(operator, fields):
    """With the model's reason and what was typed; nothing is kept."""
    before = encode(await settings(operator))
    page = await change(operator, fields)
    assert page.status_code == 400
    assert alert(page)
    assert encode(await settings(operator)) == before


async def test_somebody_else_changed_the_pool(operator, clock):
    """A form that was made before is sent back, with what was typed."""
    page = await operator.get("/messages/edit")
    clock.advance(seconds=1)
    await operator.stage.admin("AddCustomAttributes", CustomAttributes=[{"Name": "x", "AttributeDataType": "String"}])
    fields = {"option": "CONFIRM_WITH_CODE", "code_sms": "New {####}", "step": "do", "seen": hidden(page)["seen"]}
    refused = await operator.post("/messages/edit", fields)
    assert (refused.status_code, "changed meanwhile" in alert(refused)) == (409, True)
    assert "New {####}" in refused.text
    assert (await settings(operator)).SmsAuthenticationMessage is None


async def test_defined_words_are_the_definitions(operator):
    """Shown with the reason, and not changed from here."""
    pool = operator.stage.pool
    async with operator.services.database.write() as tx:
        await backend.put(tx, Resource("app", POOL, "app", pool, "{}", 1))
    page = await operator.get("/messages")
    assert "amplify/auth/resource.py" in page.text
    assert "Change the words" not in page.text
    before = encode(await settings(operator))
    fields = {"option": "CONFIRM_WITH_CODE", "code_sms": "New {####}", "step": "do", "seen": "1"}
    assert (await operator.post("/messages/edit", fields)).status_code == 403
    assert encode(await settings(operator)) == before


async def test_delegates(support):
    """No rule gives the pool's settings to a delegate here."""
    before = encode(await settings(support))
    for path in ("/messages", "/messages/edit", "/messages/preview"):
        assert (await support.get(path, kind="confirm")).status_code == 403
    assert (await support.post("/messages/edit", {"code_sms": "{####}", "step": "do"})).status_code == 403
    assert encode(await settings(support)) == before


async def test_outsiders(console):
    for path in ("/messages", "/messages/edit", "/messages/preview"):
        page = await console.get(path)
        assert (page.status_code, "123456" in page.text) == (303, False)
    await console.sign_in(SUPPORT)
    assert "Messages" not in (await console.get("/users")).text
