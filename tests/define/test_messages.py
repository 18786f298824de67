"""What define_auth says about messages: their words, by e-mail and SMS, by code and link, and who sends them."""

import pytest

from poolhouse import errors
from poolhouse.define.manifest import EmailSender, Invitation, Multifactor, SmsSender, Verification

EMAIL = "login_with={'email': True}"


def test_phone_login(project):
    """The number is required and mutable, gets the codes, and is the way back in."""
    auth = project.auth("login_with={'phone': True}").auth
    assert auth.login == ("phone_number",)
    assert [(each.name, each.required, each.mutable) for each in auth.attributes] == [("phone_number", True, True)]
    assert auth.account_recovery == ("verified_phone_number",)
    assert auth.verification == Verification()
    assert auth.verification.sms == "The verification code to your new account is {####}"


def test_both_ways(project):
    auth = project.auth("login_with={'email': True, 'phone': True}").auth
    assert auth.login == ("email", "phone_number")
    assert auth.account_recovery == ("verified_email",)


@pytest.mark.parametrize("message", ["'Code {####}'", "lambda code: f'Code {code}'", "lambda code: f'Code {code()}'"])
def test_words_of_text_messages(project, message):
    options = f"login_with={{'phone': {{'verification_message': {message}}}}}"
    assert project.auth(options).auth.verification.sms == "Code {####}"


def test_invitation_by_sms(project):
    options = "{'sms_message': lambda user, code: f'{user()}/{code}'}"
    auth = project.auth(f"login_with={{'email': {{'user_invitation': {options}}}}}").auth
    assert auth.invitation == Invitation(sms="{username}/{####}")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "Verify your account by clicking on {##Verify Email##}"),
        ("'verification_email_body': 'Go: {##Here##}'", "Go: {##Here##}"),
        ("'verification_email_body': lambda link: f'Go: {link}'", "Go: {##Verify Email##}"),
        ("""'verification_email_body': lambda link: 'Go: ' + link('Here')""", "Go: {##Here##}"),
    ],
)
def test_link(project, body, expected):
    """The words between the ## become a link."""
    options = f"login_with={{'email': {{'verification_email_style': 'LINK', {body}}}}}"
    verification = project.auth(options).auth.verification
    assert (verification.style, verification.body) == ("LINK", expected)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("True", Multifactor(mode="OPTIONAL", sms=True)),
        ("{}", Multifactor(mode="OPTIONAL", sms=True)),
        ("{'sms_message': 'In: {####}'}", Multifactor(mode="OPTIONAL", sms=True, sms_message="In: {####}")),
        (
            "{'sms_message': lambda code: f'In: {code}'}",
            Multifactor(mode="OPTIONAL", sms=True, sms_message="In: {####}"),
        ),
    ],
)
def test_second_factor_by_sms(project, option, expected):
    assert project.auth(f"{EMAIL}, multifactor={{'mode': 'OPTIONAL', 'sms': {option}}}").auth.multifactor == expected


def test_senders(project):
    """As whom mail is sent, and how Amazon SNS is called."""
    email = "{'from_email': 'hi@example.com', 'from_name': 'Ada & Co', 'reply_to': 'help@example.com'}"
    sms = "{'external_id': 'x', 'sns_caller_arn': 'arn:aws:iam::1:role/sms', 'sns_region': 'eu-west-1'}"
    auth = project.auth(f"{EMAIL}, senders={{'email': {email}, 'sms': {sms}}}").auth
    assert auth.email_sender == EmailSender(
        from_email="hi@example.com", from_name="Ada & Co", reply_to="help@example.com"
    )
    assert auth.sms_sender == SmsSender(
        external_id="x", sns_caller_arn="arn:aws:iam::1:role/sms", sns_region="eu-west-1"
    )


def test_senders_of_ones_own(project):
    """Functions that send are functions of the backend, once each."""
    project.auth(f"{EMAIL}, senders={{'email': {{'handler': fn}}, 'sms': {{'handler': fn}}}}")
    manifest = project.backend("auth=auth")
    assert manifest.auth.email_sender == EmailSender(function="fn")
    assert manifest.auth.sms_sender == SmsSender(function="fn")
    assert [function.name for function in manifest.functions] == ["fn"]


@pytest.mark.parametrize(
    ("options", "kind", "message", "resolution"),
    [
        ("{'phone': {'verification_message': 'no code'}}", "Initialization", "verification_message", "{####}"),
        ("{'phone': {'verification_message': '{####}' + 'x' * 135}}", "Initialization", "6 to 140", ""),
        ("{'email': {'user_invitation': {'sms_message': '{####} hi'}}}", "Initialization", "{username}", "{username}"),
        (
            "{'email': {'verification_email_style': 'LINK', 'verification_email_body': 'Your code {####}'}}",
            "Initialization",
            "does not contain a link",
            "{##Verify Email##}",
        ),
        ("{'email': True}, multifactor={'mode': 'ON', 'sms': True}", "", "'ON'", "OFF"),
        ("{'email': True}, multifactor={'mode': 'OPTIONAL', 'sms': 'yes'}", "", "multifactor.sms", ""),
        (
            "{'email': True}, multifactor={'mode': 'OPTIONAL', 'sms': {'sms_message': 'no code'}}",
            "Initialization",
            "multifactor.sms.sms_message",
            "{####}",
        ),
        ("{'email': True}, senders={'email': {'from_name': 'Ada'}}", "Initialization", "needs from_email", "handler"),
        ("{'email': True}, senders={'email': {'from_email': 'Ada'}}", "Initialization", "'Ada'", "hello@example.com"),
        (
            "{'email': True}, senders={'email': {'from_email': 'a@b.c', 'from_name': 'A\\r\\nBcc: x'}}",
            "Initialization",
            "from_name",
            "one line",
        ),
        ("{'email': True}, senders={'email': {'handler': len}}", "", "senders.email.handler", "define_function"),
        (
            "{'email': True}, senders={'email': {'handler': fn, 'from_email': 'a@b.c'}}",
            "",
            "a handler and other options",
            "alone",
        ),
        ("{'email': True}, senders={'mail': {}}", "", "'mail'", "'email'"),
        (
            "{'email': True}, senders={'sms': {'external_id': 'x', 'sns_caller_arn': 7}}",
            "Initialization",
            "senders.sms.sns_caller_arn",
            "text",
        ),
    ],
)
def test_mistakes_are_explained(project, options, kind, message, resolution):
    kinds = {"": errors.DefinitionError, "Initialization": errors.AmplifyAuthConstructInitializationError}
    error = project.refused("auth/resource.py", f"auth = define_auth(login_with={options})", kinds[kind])
    assert message in error.message
    assert resolution in error.resolution
