"""The user pool, its client, its domain and its groups, as the definitions ask for them."""

import pytest
from deploy.rich import AUTH, ENVIRONMENT, RICH
from msgspec.structs import replace

from poolhouse.config import Settings
from poolhouse.define.manifest import (
    EmailSender,
    Manifest,
    Multifactor,
    Passkeys,
    Passwordless,
    SmsSender,
    Verification,
)
from poolhouse.deploy import naming
from poolhouse.deploy.synthesis import Environment, synthesise
from poolhouse.errors import DefinitionError, NotServedError
from poolhouse.operations.attributes import STANDARD
from poolhouse.operations.backend import desired

DEV = Environment(app="shop", python="3.13")
PLAIN = replace(AUTH, hosted=None, passwordless=Passwordless(), triggers={}, grants=())


def template(auth, environment=ENVIRONMENT) -> dict:
    manifest = Manifest(version=RICH.version, name="shop", auth=auth, functions=RICH.functions)
    return synthesise(manifest, environment).template["Resources"]


def pool(auth, environment=ENVIRONMENT) -> dict:
    return template(auth, environment)[naming.USER_POOL]["Properties"]


def test_the_pool_is_what_the_local_runtime_makes(settings: Settings):
    """Policies, schema, names, words and recovery come from one place for both targets."""
    local, aws = desired.pool_settings(replace(AUTH, triggers={}), settings), pool(AUTH)
    assert aws["AliasAttributes"] == list(local.AliasAttributes) == ["email", "phone_number", "preferred_username"]
    assert aws["Policies"]["PasswordPolicy"]["MinimumLength"] == local.Policies.PasswordPolicy.MinimumLength
    assert aws["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"] == list(local.first_factors)
    assert [entry["Name"] for entry in aws["Schema"]] == ["email", "phone_number", "tenant", "level"]
    assert aws["VerificationMessageTemplate"]["SmsMessage"] == local.VerificationMessageTemplate.SmsMessage
    assert aws["UserPoolTier"] == local.UserPoolTier


def test_the_client_is_what_the_local_runtime_makes(settings: Settings):
    local = desired.client_settings(AUTH)
    aws = template(AUTH)[naming.CLIENT]["Properties"]
    assert tuple(aws["ExplicitAuthFlows"]) == local.ExplicitAuthFlows
    assert tuple(aws["ReadAttributes"]) == local.ReadAttributes
    standard = {name for name in aws["ReadAttributes"] if not name.startswith("custom:")}
    assert standard == STANDARD.keys() - {"sub", "identities"}
    assert set(aws["ReadAttributes"]) - set(aws["WriteAttributes"]) == {"email_verified", "phone_number_verified"}
    assert tuple(aws["AllowedOAuthScopes"]) == local.AllowedOAuthScopes
    assert (aws["AccessTokenValidity"] * 3600, aws["RefreshTokenValidity"] * 86400) == (
        local.access_seconds,
        local.refresh_seconds,
    )
    assert aws["GenerateSecret"] is False


@pytest.mark.parametrize(
    ("environment", "policy", "protection"),
    [
        (DEV, "Delete", "INACTIVE"),
        (ENVIRONMENT, "Retain", "ACTIVE"),
        (Environment(name="dev", retain=True, python="3.13"), "Retain", "ACTIVE"),
        (Environment(name="prod", retain=False, python="3.13"), "Delete", "INACTIVE"),
    ],
)
def test_users_and_groups_outlive_their_stack_where_they_are_real(environment, policy, protection):
    found = template(AUTH, environment)
    for name in (naming.USER_POOL, naming.group("ADMINS")):
        assert (found[name]["DeletionPolicy"], found[name]["UpdateReplacePolicy"]) == (policy, policy)
    assert found[naming.USER_POOL]["Properties"]["DeletionProtection"] == protection


def test_second_factors_have_the_names_of_the_template():
    found = pool(AUTH)
    assert (found["MfaConfiguration"], found["EnabledMfas"]) == (
        "OPTIONAL",
        ["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"],
    )
    assert found["SmsAuthenticationMessage"] == "Code {####}"
    required = replace(PLAIN, multifactor=Multifactor(mode="REQUIRED", totp=True))
    assert (pool(required)["MfaConfiguration"], pool(required)["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert "EnabledMfas" not in pool(replace(PLAIN, multifactor=Multifactor()))


def test_mail_from_an_address_of_ones_own_goes_through_ses():
    found = pool(AUTH)["EmailConfiguration"]
    assert (found["EmailSendingAccount"], found["From"]) == ("DEVELOPER", '"Shop, Inc." <hello@example.com>')
    assert found["SourceArn"]["Fn::Sub"][1] == {"Address": "hello@example.com"}
    without = replace(AUTH, email_sender=None, multifactor=Multifactor())
    assert pool(without)["EmailConfiguration"] == {"EmailSendingAccount": "COGNITO_DEFAULT"}


def test_a_role_of_ones_own_sends_text_messages():
    sender = SmsSender(
        external_id="outside", sns_caller_arn="arn:aws:iam::111122223333:role/sms", sns_region="eu-west-1"
    )
    found = template(replace(AUTH, sms_sender=sender))
    assert found[naming.USER_POOL]["Properties"]["SmsConfiguration"] == {
        "SnsCallerArn": sender.sns_caller_arn,
        "ExternalId": "outside",
        "SnsRegion": "eu-west-1",
    }
    assert "SmsRole" not in found


def test_nothing_sends_text_messages_where_nothing_needs_them():
    quiet = replace(PLAIN, login=("email",), multifactor=Multifactor())
    assert "SmsConfiguration" not in pool(quiet)
    assert "SmsRole" not in template(quiet)


@pytest.mark.parametrize(
    ("passkeys", "hosted", "environment", "expected"),
    [
        (Passkeys(relying_party="example.com"), None, ENVIRONMENT, "example.com"),
        (Passkeys(), AUTH.hosted, ENVIRONMENT, None),
        (Passkeys(), None, DEV, "localhost"),
    ],
)
def test_the_relying_party_of_passkeys(passkeys, hosted, environment, expected):
    """AUTO: the pool's own domain where it has one, localhost while the front end is on a laptop."""
    found = pool(replace(AUTH, passwordless=Passwordless(passkeys=passkeys), hosted=hosted), environment)
    assert found.get("WebAuthnRelyingPartyID") == expected
    assert found["WebAuthnUserVerification"] == "preferred"


def test_passkeys_without_a_site_are_refused():
    auth = replace(AUTH, passwordless=Passwordless(passkeys=Passkeys()), hosted=None)
    with pytest.raises(DefinitionError, match="prod need the domain"):
        pool(auth)


def test_an_email_factor_without_an_address_is_refused():
    """Amazon Cognito would refuse the pool in the middle of the push."""
    with pytest.raises(DefinitionError, match="Amazon SES"):
        pool(replace(AUTH, email_sender=None))


@pytest.mark.parametrize("medium", ["email", "sms"])
def test_functions_that_send_messages_are_refused(medium):
    """On AWS their code arrives encrypted, so that the same handler would send nonsense."""
    sender = {"email": EmailSender, "sms": SmsSender}[medium](function="custom message")
    auth = replace(AUTH, multifactor=Multifactor(), **{f"{medium}_sender": sender})
    with pytest.raises(NotServedError, match=f"senders.{medium}.handler"):
        pool(auth)


def test_every_environment_has_a_domain_of_its_own():
    assert template(AUTH)[naming.DOMAIN]["Properties"]["Domain"] == "shop-prod"
    unnamed = replace(AUTH, hosted=replace(AUTH.hosted, domain_prefix=None))
    [text, given] = template(unnamed)[naming.DOMAIN]["Properties"]["Domain"]["Fn::Sub"]
    assert (text, list(given)) == ("poolhouse-${Stack}", ["Stack"])
    assert naming.DOMAIN not in template(PLAIN)


def test_links_in_mails_lead_to_a_domain():
    """Without one Amazon Cognito sends no mail, so a pool that verifies by link has one without hosted pages too."""
    found = template(replace(PLAIN, verification=Verification(style="LINK", body="{##Here##}")))
    assert found[naming.DOMAIN]["Properties"]["ManagedLoginVersion"] == 1


def test_pages_that_know_passkeys_come_with_the_services_own_style():
    assert template(AUTH)[naming.DOMAIN]["Properties"]["ManagedLoginVersion"] == 2
    assert template(AUTH)["ManagedLoginStyle"]["Properties"]["UseCognitoProvidedValues"] is True
    classic = template(replace(AUTH, passwordless=Passwordless()))
    assert classic[naming.DOMAIN]["Properties"]["ManagedLoginVersion"] == 1
    assert "ManagedLoginStyle" not in classic


def test_the_token_chooses_the_role_and_the_service_asks_the_pool():
    """A user who was disabled or signed out everywhere gets no credentials for an old token."""
    found = template(AUTH)
    [provider] = found[naming.IDENTITY_POOL]["Properties"]["CognitoIdentityProviders"]
    assert provider["ServerSideTokenCheck"] is True
    [mapping] = found["IdentityPoolRoles"]["Properties"]["RoleMappings"].values()
    assert (mapping["Type"], mapping["AmbiguousRoleResolution"]) == ("Token", "AuthenticatedRole")


def test_groups_keep_their_order():
    found = template(AUTH)
    precedences = {
        one["Properties"]["GroupName"]: one["Properties"]["Precedence"]
        for one in found.values()
        if one["Type"] == "AWS::Cognito::UserPoolGroup"
    }
    assert precedences == {"ADMINS": 0, "Ops&Co": 1, "Ops-Co": 2}


def test_a_trigger_that_is_told_its_pool_is_named_in_advance():
    """The pool cannot wait for a function that waits for the pool; one that is not told is waited for."""
    found = pool(AUTH)["LambdaConfig"]
    assert found["CustomMessage"] == {"Fn::GetAtt": [naming.function("custom message"), "Arn"]}
    text, given = found["PostConfirmation"]["Fn::Sub"]
    assert text.endswith(":function:${Name}")
    name = template(AUTH)[naming.function("post-confirmation")]["Properties"]["FunctionName"]
    assert given == {"Name": name} == {"Name": "shop-prod-post-confirmation"}
