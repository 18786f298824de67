"""define_auth: what it makes, and what it refuses in which words."""

import pytest

from poolhouse import errors, secret
from poolhouse.define.manifest import (
    Attribute,
    Auth,
    Group,
    Multifactor,
    Passkeys,
    Passwordless,
    SecretRef,
    upper_snake,
)

EMAIL = "login_with={'email': True}"


def test_email_login_makes_amplifys_pool(project):
    """A1: eight characters of four classes, email required and mutable, recovery by email."""
    auth = project.auth().auth
    assert auth == Auth(
        attributes=(Attribute(name="email", required=True),), groups=(Group(name="ADMINS", precedence=0),)
    )
    assert (auth.password_policy.minimum_length, auth.password_policy.require_symbols) == (8, True)
    assert auth.verification.subject == "Verify your new account"
    assert auth.account_recovery == ("verified_email",)


def test_group_order_is_precedence(project):
    """A3: index in the list is the precedence."""
    groups = project.auth(f"{EMAIL}, groups=['A', 'B', 'C']").auth.groups
    assert [(group.name, group.precedence) for group in groups] == [("A", 0), ("B", 1), ("C", 2)]


@pytest.mark.parametrize(
    ("choice", "recovery"),
    [
        ("NONE", ("admin_only",)),
        ("EMAIL_ONLY", ("verified_email",)),
        ("PHONE_ONLY_WITHOUT_MFA", ("verified_phone_number",)),
        ("EMAIL_AND_PHONE_WITHOUT_MFA", ("verified_email", "verified_phone_number")),
        ("PHONE_WITHOUT_MFA_AND_EMAIL", ("verified_phone_number", "verified_email")),
        ("PHONE_AND_EMAIL", ("verified_phone_number", "verified_email")),
    ],
)
def test_account_recovery(project, choice, recovery):
    """A8 and the other choices."""
    assert project.auth(f"{EMAIL}, account_recovery='{choice}'").auth.account_recovery == recovery


@pytest.mark.parametrize(
    ("name", "variable"),
    [("amplifyAuth", "AMPLIFY_AUTH_USERPOOL_ID"), ("myCoolAuth2", "MY_COOL_AUTH_2_USERPOOL_ID")],
)
def test_the_name_gives_the_variable(project, name, variable):
    """A17."""
    assert project.auth(f"{EMAIL}, name='{name}'").auth.environment_name == variable
    assert upper_snake("HTTPServer2x") == "HTTP_SERVER_2_X"


def test_messages_can_be_texts_or_functions(project):
    """`{code}` and `{code()}` both stand for the placeholder."""
    auth = project.auth(
        "login_with={'email': {'verification_email_subject': 'Hi', 'verification_email_style': 'CODE',"
        "'verification_email_body': lambda code: f'Use {code()} or {code}',"
        "'user_invitation': {'email_subject': 'Come', 'email_body': lambda user, code: f'{user()}: {code}'}}}"
    ).auth
    assert (auth.verification.subject, auth.verification.body) == ("Hi", "Use {####} or {####}")
    assert (auth.invitation.subject, auth.invitation.body) == ("Come", "{username}: {####}")


def test_user_attributes_get_their_wire_names(project):
    """The login attribute is first, required and mutable, whatever is asked; own attributes keep their bounds."""
    attributes = project.auth(
        f"{EMAIL}, user_attributes={{'fullname': {{'required': True}}, 'email': {{'required': False}},"
        "'custom:level': {'data_type': 'Number', 'min': 1, 'max': 9, 'mutable': False},"
        "'custom:team': {'data_type': 'String', 'min_len': 2}}"
    ).auth.attributes
    assert attributes == (
        Attribute(name="email", required=True),
        Attribute(name="name", required=True),
        Attribute(name="custom:level", data_type="Number", mutable=False, min_value=1, max_value=9),
        Attribute(name="custom:team", min_length=2),
    )


def test_the_password_policy_can_be_changed(project):
    """Unnamed members keep Amplify's values."""
    policy = project.auth(
        f"{EMAIL}, password_policy={{'minimum_length': 12, 'require_symbols': False}}"
    ).auth.password_policy
    assert (policy.minimum_length, policy.require_symbols, policy.require_numbers) == (12, False, True)


@pytest.mark.parametrize(
    ("options", "kind", "message", "resolution"),
    [
        # A4, and section 1.1
        ("login_with={}", "InvalidPasswordlessConfigError", "neither email", '{"email": True}'),
        ("login_with={'email': False}", "InvalidPasswordlessConfigError", "neither email", '{"email": True}'),
        ("login_with={'web_authn': True}", "InvalidPasswordlessConfigError", "web_authn", '"email": True'),
        (
            "login_with={'external_providers': {'callback_urls': ['x'], 'logout_urls': ['x']}}",
            "AmplifyAuthConstructInitializationError",
            "email and phone",
            '"email": True',
        ),
        (
            "login_with={'email': True, 'external_providers': {'callback_urls': [], 'logout_urls': ['x']}}",
            "AmplifyAuthConstructInitializationError",
            "callback_urls is empty",
            "at least one URL",
        ),
        (
            "login_with={'email': True, 'external_providers': {'callback_urls': ['https://a.b'], 'logout_urls': ['https://a.b'], 'google': {'client_id': 'plain'}}}",
            "AmplifyAuthConstructInitializationError",
            "google.client_id",
            "secret(",
        ),
        ("login_with={'emial': True}", "DefinitionError", "'emial'", "'email'"),
        ("login_with='email'", "DefinitionError", "a dict", "email"),
        (
            "login_with={'email': {'verificationEmailBody': 'x'}}",
            "DefinitionError",
            "no option",
            "'verification_email_body'",
        ),
        ("groups=['A']", "DefinitionError", "'login_with'", "login_with="),
        (f"{EMAIL}, grups=['A']", "DefinitionError", "'grups'", "'groups'"),
        (f"{EMAIL}, userAttributes={{}}", "DefinitionError", "'userAttributes'", "'user_attributes'"),
        # A6
        (f"{EMAIL}, name='1bad'", "InvalidResourceNameError", "'1bad'", "Start with a letter"),
        (f"{EMAIL}, name=''", "InvalidResourceNameError", "''", "Start with a letter"),
        # A7
        (
            "login_with={'email': {'verification_email_body': lambda code: 'no placeholder'}}",
            "AmplifyAuthConstructInitializationError",
            "{####}",
            "Put {####}",
        ),
        (
            "login_with={'email': {'user_invitation': {'email_body': 'code {####}'}}}",
            "AmplifyAuthConstructInitializationError",
            "{username}",
            "Put {username}",
        ),
        (
            "login_with={'email': {'verification_email_subject': 'a\\r\\nBcc: b'}}",
            "AmplifyAuthConstructInitializationError",
            "line break",
            "one line",
        ),
        # A9
        (
            "login_with={'phone': True}, multifactor={'mode': 'OPTIONAL', 'totp': True}",
            "AmplifyAuthConstructInitializationError",
            "multifactor.sms",
            '"sms": True',
        ),
        (
            "login_with={'email': {'otp_login': True}}, multifactor={'mode': 'REQUIRED', 'totp': True}",
            "InvalidPasswordlessConfigError",
            "EMAIL_OTP",
            "OPTIONAL",
        ),
        (
            f"{EMAIL}, passwordless_options={{'preferred_challenge': 'SMS_OTP'}}",
            "InvalidPasswordlessConfigError",
            "SMS_OTP",
            "Enable",
        ),
        (f"{EMAIL}, multifactor={{'mode': 'ON'}}", "DefinitionError", "'ON'", "OFF"),
        (
            f"{EMAIL}, multifactor={{'mode': 'OPTIONAL'}}",
            "AmplifyAuthConstructInitializationError",
            "no factor is chosen",
            '"totp": True',
        ),
        (
            f"{EMAIL}, multifactor={{'mode': 'REQUIRED', 'totp': 'yes'}}",
            "DefinitionError",
            "multifactor.totp must be True or False",
            "Write True",
        ),
        (f"{EMAIL}, account_recovery='EMAIL'", "DefinitionError", "'EMAIL'", "EMAIL_ONLY"),
        (
            f"{EMAIL}, senders={{'sms': {{'external_id': 'x'}}}}",
            "AmplifyAuthConstructInitializationError",
            "sns_caller_arn",
            "both",
        ),
        (f"{EMAIL}, triggers={{'preSignUp': fn}}", "DefinitionError", "'preSignUp'", "'pre_sign_up'"),
        (f"{EMAIL}, triggers={{'pre_sign_up': len}}", "DefinitionError", "pre_sign_up", "define_function"),
        (f"{EMAIL}, triggers={{'create_auth_challenge': fn}}", "DefinitionError", "define_auth_challenge", "Add"),
        (f"{EMAIL}, user_attributes={{'name': {{}}}}", "DefinitionError", "'name'", "'fullname'"),
        (f"{EMAIL}, user_attributes={{'givenName': {{}}}}", "DefinitionError", "'givenName'", "'given_name'"),
        (f"{EMAIL}, user_attributes={{'website': {{'required': 1}}}}", "DefinitionError", "required", "True or False"),
        (f"{EMAIL}, user_attributes={{'custom:x': {{'data_type': 'Int'}}}}", "DefinitionError", "'Int'", "Number"),
        (
            f"{EMAIL}, user_attributes={{'custom:x': {{'data_type': 'String', 'min': 1}}}}",
            "DefinitionError",
            "no min",
            "Remove min",
        ),
        (
            f"{EMAIL}, user_attributes={{'custom:x': {{'data_type': 'Number', 'min': 5, 'max': 1}}}}",
            "DefinitionError",
            "above the upper",
            "Swap",
        ),
        (
            f"{EMAIL}, user_attributes={{'custom:' + 'x' * 21: {{'data_type': 'String'}}}}",
            "DefinitionError",
            "custom:",
            "20",
        ),
        (f"{EMAIL}, password_policy={{'minimum_length': 5}}", "DefinitionError", "from 6 to 99", "6"),
        (f"{EMAIL}, user_attributes=['website']", "DefinitionError", "a list", "user_attributes="),
        (
            f"{EMAIL}, user_attributes={{f'custom:{{n}}': {{'data_type': 'String'}} for n in range(51)}}",
            "AmplifyAuthConstructInitializationError",
            "50 custom",
            "Remove",
        ),
        (
            "login_with={'phone': {'verification_message': 'no placeholder'}}",
            "AmplifyAuthConstructInitializationError",
            "{####}",
            "Put {####}",
        ),
        ("login_with={'email': {'otp_login': 'yes'}}", "DefinitionError", "otp_login", "True or False"),
        (
            "login_with={'email': True, 'external_providers': {'callback_urls': ['https://a.b'], 'logout_urls': ['https://a.b'], 'google': 1}}",
            "AmplifyAuthConstructInitializationError",
            "google must be a dict",
            "as a dict",
        ),
        (
            "login_with={'email': {'verification_email_subject': 'x' * 141}}",
            "AmplifyAuthConstructInitializationError",
            "1 to 140",
            "length",
        ),
        (f"{EMAIL}, groups=['A', 'A']", "DefinitionError", "listed twice", "one of them"),
        (f"{EMAIL}, groups='ADMINS'", "DefinitionError", "a list", "groups="),
    ],
)
def test_mistakes_are_explained(project, options, kind, message, resolution):
    """Class, what, what to do, and the line."""
    error = project.refused("auth/resource.py", f"auth = define_auth({options})", getattr(errors, kind))
    assert message in error.message
    assert resolution in error.resolution


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (
            "login_with={'email': True, 'external_providers': {'callback_urls': ['https://a.b'], 'logout_urls': ['https://a.b'], 'oidc': []}}",
            "external_providers.oidc",
        ),
        (f"{EMAIL}, senders={{'email': {{'handler': fn, 'kms_key_arn': 'x'}}}}", "senders.email.kms_key_arn"),
    ],
)
def test_what_is_not_served_is_refused_by_name(project, options, named):
    """Nothing valid is accepted and ignored."""
    error = project.refused("auth/resource.py", f"auth = define_auth({options})", errors.NotServedError)
    assert named in error.message


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ("login_with={'email': {'otp_login': True}}", {"email_otp": True}),
        ("login_with={'email': True, 'web_authn': True}", {"passkeys": Passkeys()}),
        (
            "login_with={'email': True, 'web_authn': {'relying_party_id': 'app.example.com', 'user_verification': 'required'}}",
            {"passkeys": Passkeys(relying_party="app.example.com", user_verification="required")},
        ),
        (f"{EMAIL}, passwordless_options={{'preferred_challenge': 'PASSWORD'}}", {"preferred": "PASSWORD"}),
        (
            "login_with={'email': {'otp_login': True}}, passwordless_options={'preferred_challenge': 'EMAIL_OTP'}",
            {"email_otp": True, "preferred": "EMAIL_OTP"},
        ),
    ],
)
def test_passwordless_ways(project, options, wanted):
    """Every way is off unless it is asked for."""
    assert project.auth(options).auth.passwordless == Passwordless(**wanted)


@pytest.mark.parametrize("domain", ["https://example.com", "example.com:443", "Example.com", "192.0.2.1", 7, ""])
def test_relying_party_that_is_no_domain(project, domain):
    options = f"login_with={{'email': True, 'web_authn': {{'relying_party_id': {domain!r}}}}}"
    source = f"auth = define_auth({options})"
    error = project.refused("auth/resource.py", source, errors.InvalidPasswordlessConfigError)
    assert "relying_party_id" in error.message
    assert "example.com" in error.resolution


@pytest.mark.parametrize(
    "options", ["multifactor={'mode': 'OFF'}", "passwordless_options={}", "senders={}", "triggers={}"]
)
def test_options_that_ask_for_nothing_are_served(project, options):
    assert project.auth(f"{EMAIL}, {options}").auth.login == ("email",)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"mode": "OPTIONAL", "totp": True}, {"mode": "OPTIONAL", "totp": True}),
        ({"mode": "REQUIRED", "totp": True, "email": True}, {"mode": "REQUIRED", "totp": True, "email": True}),
        ({"mode": "REQUIRED", "email": True, "sms": False}, {"mode": "REQUIRED", "email": True}),
        ({"mode": "OFF", "totp": True}, {}),
    ],
)
def test_second_factors(project, options, wanted):
    """What is chosen is in the Manifest; a mode that is OFF chooses nothing."""
    assert project.auth(f"{EMAIL}, multifactor={options!r}").auth.multifactor == Multifactor(**wanted)


@pytest.mark.parametrize("path", ["resource.py", "auth/other.py", "data/resource.py"])
def test_auth_belongs_in_its_file(project, path):
    """Section 1.1: elsewhere is a plain definition error that names both files."""
    error = project.refused(path, f"auth = define_auth({EMAIL})", errors.DefinitionError)
    assert f"amplify/{path}" in error.message
    assert "amplify/auth/resource.py" in error.resolution


@pytest.mark.parametrize(
    "name", ['A"B', "A'B", "A,B", "A\nB", "A\x00B", "A B", "A\\B", "A`B", "", "x" * 129, "A\u200bB", "e\u0301", 5, None]
)
def test_group_names_that_could_be_misread_are_refused(project, name):
    """S18: quotes, commas, white space, control and format characters, wrong length, Unicode that is not NFC."""
    error = project.refused(
        "auth/resource.py", f"auth = define_auth({EMAIL}, groups=[{name!r}])", errors.DefinitionError
    )
    assert "group" in error.message.lower()


@pytest.mark.parametrize(
    "name", ["ADMINS", "x" * 128, "\u00e9quipe", "\u7ba1\u7406\u8005", "a-b_c.d:e+f", "\U0001f600"]
)
def test_other_group_names_are_accepted(project, name):
    assert project.auth(f"{EMAIL}, groups=[{name!r}]").auth.groups[0].name == name


def test_secrets_have_plain_names():
    """Letters, digits, '_', '.', '-'."""
    assert secret("API.key_1-x") == SecretRef(name="API.key_1-x")
    for name in ("", "a b", "a/b", "ä", 7):
        with pytest.raises(errors.InvalidSecretNameError) as caught:
            secret(name)
        assert caught.value.resolution
        assert "test_auth.py" in (caught.value.location or "")


def test_triggers_are_functions_by_name(project):
    """They come into the backend by themselves, once each, and get no grant."""
    triggers = "{'pre_sign_up': fn, 'post_confirmation': fn, 'custom_message': other}"
    project.write("auth/other.py", "def handler(event, context):\n    return event\n")
    project.run("auth/functions.py", "other = define_function(name='other', entry='./other.py')")
    project.auth(f"{EMAIL}, triggers={triggers}")
    manifest = project.backend("auth=auth")
    assert manifest.auth.triggers == {"custom_message": "other", "post_confirmation": "fn", "pre_sign_up": "fn"}
    assert [function.name for function in manifest.functions] == ["other", "fn"]
    assert manifest.auth.grants == ()
