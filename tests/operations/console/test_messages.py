"""Previews are what is sent, and text messages are counted as carriers count them."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operations.stage import EMAIL, EMAIL_POOL, build

from poolhouse.errors import InvalidParameterException
from poolhouse.operations.console import messages
from poolhouse.operations.console.messages import segments
from poolhouse.store import pools

ARN = "arn:aws:lambda:us-east-1:000000000000:function:words"
MARKUP = {
    "EmailSubject": "Hello {username}",
    "EmailMessage": "<p>Hello {username}, {####}</p>",
    "SmsMessage": "{####} for {username}",
}


async def the_pool(services, stage):
    async with services.database.read() as tx:
        return await pools.get(tx, stage.pool)


@pytest.mark.parametrize(
    "template", [{}, MARKUP, {"DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessageByLink": "Go: {##here##}"}]
)
async def test_preview_is_what_is_sent(services, invoke, template):
    """The same subject and the same text, but for the code, the name and the client of the example."""
    settings = EMAIL_POOL | {"VerificationMessageTemplate": template}
    stage = await build(services, invoke, **settings)
    await stage.sign_up()
    (sent,) = await stage.mail()
    shown = messages.example(services, await the_pool(services, stage), "confirm", "EMAIL").message
    user = (await stage.user())["Username"]
    body = sent["body"].replace(sent["code"], "123456").replace(user, "ada").replace(stage.client, "1example23456789")
    assert (shown.subject, shown.body) == (sent["subject"].replace(user, "ada"), body)


async def test_invitation_names_what_people_type(services, invoke):
    """Where addresses sign in, an invitation says the address; as it does when it is sent."""
    stage = await build(services, invoke)
    await stage.admin("AdminCreateUser", Username=EMAIL, TemporaryPassword="Temporary-9")
    (sent,) = await stage.mail()
    shown = messages.example(services, await the_pool(services, stage), "invite", "EMAIL").message
    assert (shown.subject, shown.body) == (sent["subject"], sent["body"])


async def test_every_message_is_there(services, invoke):
    """Five occasions by mail and by text message, each with its code or password."""
    stage = await build(services, invoke)
    found = messages.examples(services, await the_pool(services, stage))
    assert [(one.kind, one.medium) for one in found] == [(k, m) for k in messages.KINDS for m in ("EMAIL", "SMS")]
    for one in found:
        assert ("Temporary-9" if one.kind == "invite" else "123456") in one.message.body
        assert (one.sender, one.chooser) == ("server", "")


async def test_functions_that_have_a_say(services, invoke):
    """A function that chooses words is named; one that sends is named in its place, and chooses by itself."""
    trigger = {"LambdaArn": f"{ARN}-sender", "LambdaVersion": "V1_0"}
    config = {"CustomMessage": ARN, "CustomSMSSender": trigger, "KMSKeyID": "arn:aws:kms:us-east-1:000000000000:key/1"}
    stage = await build(services, invoke, **EMAIL_POOL, LambdaConfig=config)
    pool = await the_pool(services, stage)
    mail, text = (messages.example(services, pool, "code", medium) for medium in ("EMAIL", "SMS"))
    assert (mail.sender, mail.chooser) == ("server", "words")
    assert (text.sender, text.chooser) == ("words-sender", "")


async def test_other_words_are_tried_out(services, invoke):
    """The request decides, as it would when it is made; one without the code is refused."""
    stage = await build(services, invoke)
    pool = await the_pool(services, stage)
    members = {"UserPoolId": stage.pool, "VerificationMessageTemplate": {"EmailMessage": "Type {####}."}}
    changed = messages.with_request(pool, members)
    assert messages.example(services, changed, "verify", "EMAIL").message.body == "Type 123456."
    with pytest.raises(InvalidParameterException):
        messages.with_request(pool, {**members, "VerificationMessageTemplate": {"EmailMessage": "Nothing."}})


async def test_values_in_markup_are_text(services, invoke):
    """The link of a preview is one address, whatever is in it."""
    stage = await build(
        services, invoke, **EMAIL_POOL, VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_LINK"}
    )
    shown = messages.example(services, await the_pool(services, stage), "confirm", "EMAIL").message
    (link,) = re.findall(r'<a href="([^"]*)">', shown.body)
    assert html.unescape(link).startswith(f"{services.settings.public_url}/confirmUser?client_id=")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("GSM-7", 0, 1)),
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 306, ("GSM-7", 306, 2)),
        ("a" * 307, ("GSM-7", 307, 3)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("a" * 152 + "€" + "a" * 152, ("GSM-7", 306, 3)),
        ("ж" * 70, ("UCS-2", 70, 1)),
        ("ж" * 71, ("UCS-2", 71, 2)),
        ("😀" * 35, ("UCS-2", 70, 1)),
        ("ж" * 66 + "😀" + "ж" * 66, ("UCS-2", 134, 3)),
        ("Ω`", ("UCS-2", 2, 1)),
    ],
)
def test_segments(text, expected):
    """One character that is not in the basic alphabet makes all of them cost more; none is divided."""
    assert segments(text) == expected


@given(st.text(max_size=400))
def test_segments_hold_the_text(text):
    """The parts have room for all units, and one part fewer would not."""
    found = segments(text)
    single, joined = (160, 153) if found.encoding == "GSM-7" else (70, 67)
    assert found.units <= (single if found.parts == 1 else found.parts * joined)
    assert found.parts == 1 or found.units > max(single, (found.parts - 1) * (joined - 1))
