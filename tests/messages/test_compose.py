"""What messages say: AWS's words, the pool's, a function's; by e-mail and SMS, by code and link."""

import msgspec
import pytest
from messages.letters import POOL, SIGN_UP, email, phone

from poolhouse.messages import compose, contacts
from poolhouse.messages.compose import Occasion, Words
from poolhouse.store.settings import (
    AdminCreateUserConfigType,
    EmailMfaConfigType,
    MessageTemplateType,
    PoolSettings,
    VerificationMessageTemplateType,
)

RESET = Occasion("ForgotPassword")
INVITED = Occasion("AdminCreateUser")
SIGN_IN = Occasion("Authentication")


def pool(**settings):
    return POOL._replace(settings=PoolSettings(**settings))


def said(message) -> tuple[str, str]:
    return message.subject, message.body


def test_default_texts():
    message = compose.verification(POOL, "sign_up", "123456", "ada", email(), SIGN_UP)
    assert said(message) == ("Your verification code", "Your confirmation code is 123456")
    message = compose.invitation(POOL, "ada", "Pass-word1", email(), INVITED)
    assert said(message) == ("Your temporary password", "Your username is ada and temporary password is Pass-word1")
    message = compose.recovery(POOL, "123456", "ada", email(), RESET)
    assert (message.purpose, message.medium, message.code) == ("forgot_password", "EMAIL", "123456")
    assert said(message) == ("Your verification code", "Your password reset code is 123456")
    message = compose.second_factor(POOL, "123456", "ada", email(), SIGN_IN)
    assert said(message) == ("Your authentication code", "Your authentication code is 123456")


def test_default_texts_by_sms():
    """The same words, without a subject."""
    made = [
        compose.verification(POOL, "sign_up", "123456", "ada", phone(), SIGN_UP),
        compose.recovery(POOL, "123456", "ada", phone(), RESET),
        compose.second_factor(POOL, "123456", "ada", phone(), SIGN_IN),
        compose.invitation(POOL, "ada", "Pass-word1", phone(), INVITED),
    ]
    assert {(each.medium, each.subject, each.destination, each.is_html) for each in made} == {
        ("SMS", "", "+15551234567", False)
    }
    assert [each.body for each in made] == [
        "Your confirmation code is 123456",
        "Your password reset code is 123456",
        "Your authentication code is 123456",
        "Your username is ada and temporary password is Pass-word1",
    ]


def test_templates_of_the_pool():
    """The newer of two settings wins; codes for a new password are in the words for verification codes."""
    older = PoolSettings(
        EmailVerificationSubject="Old",
        EmailVerificationMessage="old {####}",
        SmsVerificationMessage="old sms {####}",
        SmsAuthenticationMessage="mfa sms {####}",
    )
    one = POOL._replace(settings=older)
    assert said(compose.recovery(one, "123456", "ada", email(), RESET)) == ("Old", "old 123456")
    assert compose.recovery(one, "123456", "ada", phone(), RESET).body == "old sms 123456"
    assert compose.second_factor(one, "123456", "ada", phone(), SIGN_IN).body == "mfa sms 123456"
    template = VerificationMessageTemplateType(EmailMessage="{username}: {####}", SmsMessage="sms {####}")
    both = POOL._replace(settings=msgspec.structs.replace(older, VerificationMessageTemplate=template))
    assert said(compose.recovery(both, "123456", "ada", email(), RESET)) == ("Old", "ada: 123456")
    assert compose.verification(both, "sign_up", "123456", "ada", phone(), SIGN_UP).body == "sms 123456"


def test_templates_of_other_messages():
    invitation = MessageTemplateType("mail {username} {####}", "Welcome", "sms {username} {####}")
    one = pool(
        AdminCreateUserConfig=AdminCreateUserConfigType(InviteMessageTemplate=invitation),
        EmailMfaConfiguration=EmailMfaConfigType("{####} it is", "In?"),
    )
    assert said(compose.invitation(one, "ada", "Pw1", email(), INVITED)) == ("Welcome", "mail ada Pw1")
    assert compose.invitation(one, "ada", "Pw1", phone(), INVITED).body == "sms ada Pw1"
    assert said(compose.second_factor(one, "123456", "ada", email(), SIGN_IN)) == ("In?", "123456 it is")


def test_words_of_a_function_win():
    """Each on its own; what it leaves out stays the pool's."""
    template = VerificationMessageTemplateType(
        EmailMessage="pool {####}", EmailSubject="Pool", SmsMessage="pool {####}"
    )
    one = pool(VerificationMessageTemplate=template)
    words = SIGN_UP._replace(words=Words(email_subject="Mine", sms="mine {####}"))
    assert said(compose.verification(one, "sign_up", "1", "ada", email(), words)) == ("Mine", "pool 1")
    assert compose.verification(one, "sign_up", "1", "ada", phone(), words).body == "mine 1"


def test_placeholders_are_filled_once():
    """A name that looks like a placeholder stays a name."""
    template = MessageTemplateType(EmailSubject="Hi", EmailMessage="{username} {####} {username}")
    one = pool(AdminCreateUserConfig=AdminCreateUserConfigType(InviteMessageTemplate=template))
    message = compose.invitation(one, "{####}", "{username}", email("a@b.c"), INVITED)
    assert message.body == "{####} {username} {####}"


def test_values_in_markup_are_text():
    """Neither a name nor a password that looks like markup becomes any."""
    template = MessageTemplateType(EmailMessage="<p>{username} has {####}</p>")
    one = pool(AdminCreateUserConfig=AdminCreateUserConfigType(InviteMessageTemplate=template))
    message = compose.invitation(one, "<script>", 'a&"<b', email(), INVITED)
    assert message.is_html
    assert message.body == "<p>&lt;script&gt; has a&amp;&quot;&lt;b</p>"
    plain = compose.invitation(POOL, "<script>", "a&b", email(), INVITED)
    assert (plain.is_html, plain.body) == (False, "Your username is <script> and temporary password is a&b")


def test_by_link():
    """The text between the marks leads to the page; the words around it stay text."""
    link = "http://127.0.0.1:4500/confirmUser?client_id=c&user_name=u&confirmation_code=123456"
    message = compose.verification(POOL, "sign_up", "123456", "ada", email(), SIGN_UP, link)
    assert message.subject == "Your verification link"
    assert message.body == (
        "Please click the link below to verify your email address. "
        '<a href="http://127.0.0.1:4500/confirmUser?client_id=c&amp;user_name=u&amp;confirmation_code=123456">'
        "Verify Email</a>"
    )
    assert message.is_html
    template = VerificationMessageTemplateType(EmailMessageByLink="1 < 2\n{##Go##}", EmailSubjectByLink="Click")
    one = pool(VerificationMessageTemplate=template)
    message = compose.verification(one, "sign_up", "1", "ada", email(), SIGN_UP, "http://x/")
    assert said(message) == ("Click", '1 &lt; 2<br>\n<a href="http://x/">Go</a>')


@pytest.mark.parametrize(
    ("medium", "address", "shown"),
    [
        ("EMAIL", "ada@example.com", "a***@e***"),
        ("EMAIL", "a@b.c", "a***@b***"),
        ("EMAIL", "@", "***@***"),
        ("EMAIL", "é@ü.de", "é***@ü***"),
        ("SMS", "+15551239934", "+*******9934"),
        ("SMS", "+12345", "+*2345"),
        ("SMS", "+12", "+12"),
    ],
)
def test_masked(medium, address, shown):
    assert contacts.masked(medium, address) == shown
