"""What the definition of a user pool means in the members of AWS's requests: CreateUserPool, CreateUserPoolClient.

The local runtime and the CloudFormation template are both made from this. What names a server, an account or another
resource is not here.
"""

from typing import Any, Final

from .attributes import WIRE_NAMES
from .manifest import Attribute, Auth

_PASSWORD_FLOWS: Final = {"srp": "ALLOW_USER_SRP_AUTH", "argon2id": "ALLOW_USER_PASSWORD_AUTH"}
_WRITABLE: Final = tuple(sorted(WIRE_NAMES.values()))
_READABLE: Final = tuple(sorted((*_WRITABLE, "email_verified", "phone_number_verified")))


def pool(auth: Auth) -> dict[str, Any]:
    """Amplify's defaults: case-insensitive, e-mail as username, verified before a change takes effect."""
    policy, login = auth.password_policy, list(auth.login)
    members: dict[str, Any] = {
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": policy.minimum_length,
                "RequireUppercase": policy.require_uppercase,
                "RequireLowercase": policy.require_lowercase,
                "RequireNumbers": policy.require_numbers,
                "RequireSymbols": policy.require_symbols,
                "TemporaryPasswordValidityDays": policy.temporary_password_validity_days,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", *auth.passwordless.factors]},
        },
        "AutoVerifiedAttributes": login,
        **_names(auth),
        "VerificationMessageTemplate": _verification(auth),
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": login},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "InviteMessageTemplate": _invitation(auth)},
        "UsernameConfiguration": {"CaseSensitive": False},
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [
                {"Priority": place, "Name": name} for place, name in enumerate(auth.account_recovery, start=1)
            ]
        },
    }
    if auth.attributes:
        members["Schema"] = [_schema(attribute) for attribute in auth.attributes]
    return members


def client(auth: Auth) -> dict[str, Any]:
    """Amplify's app client: SRP, custom and refresh; plain passwords only where SRP is not served; unknown users are
    not told apart.

    It may read and write the pool's own attributes; a client that names none would see the standard ones only.
    """
    flows = ["ALLOW_REFRESH_TOKEN_AUTH", _PASSWORD_FLOWS[auth.password_storage], "ALLOW_CUSTOM_AUTH"]
    members: dict[str, Any] = {
        "ExplicitAuthFlows": (*flows, "ALLOW_USER_AUTH") if auth.passwordless.factors else tuple(flows),
        "PreventUserExistenceErrors": "ENABLED",
        **_oauth(auth),
    }
    custom = tuple(attribute.name for attribute in auth.attributes if attribute.name.startswith("custom:"))
    if custom:
        members |= {"ReadAttributes": (*_READABLE, *custom), "WriteAttributes": (*_WRITABLE, *custom)}
    return members


def trigger_member(trigger: str) -> str:
    """A trigger's name in LambdaConfig: `pre_sign_up` is `PreSignUp`; `pre_token_generation` is of version V1_0."""
    return "".join(word.capitalize() for word in trigger.split("_"))


def _names(auth: Auth) -> dict[str, Any]:
    """What people sign in with: their address, or a user name of their own and whatever else is proven to be theirs."""
    if auth.preferred_username:
        return {"AliasAttributes": [*auth.login, "preferred_username"]}
    return {"UsernameAttributes": list(auth.login)}


def _verification(auth: Auth) -> dict[str, str]:
    words = auth.verification
    if words.style == "CODE":
        shown = {"EmailMessage": words.body, "EmailSubject": words.subject}
    else:
        shown = {"EmailMessageByLink": words.body, "EmailSubjectByLink": words.subject}
    return {"DefaultEmailOption": f"CONFIRM_WITH_{words.style}", "SmsMessage": words.sms, **shown}


def _invitation(auth: Auth) -> dict[str, str]:
    words = auth.invitation
    return {"EmailMessage": words.body, "EmailSubject": words.subject, "SMSMessage": words.sms}


def _schema(attribute: Attribute) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Name": attribute.name.removeprefix("custom:"),
        "AttributeDataType": attribute.data_type,
        "Mutable": attribute.mutable,
        "Required": attribute.required,
    }
    lengths = {"MinLength": attribute.min_length, "MaxLength": attribute.max_length}
    values = {"MinValue": attribute.min_value, "MaxValue": attribute.max_value}
    for name, bounds in (("StringAttributeConstraints", lengths), ("NumberAttributeConstraints", values)):
        if given := {bound: str(value) for bound, value in bounds.items() if value is not None}:
            entry[name] = given
    return entry


def _oauth(auth: Auth) -> dict[str, Any]:
    """The code flow on the hosted pages, where the definitions want them."""
    if auth.hosted is None:
        return {}
    return {
        "SupportedIdentityProviders": ("COGNITO",),
        "CallbackURLs": auth.hosted.callback_urls,
        "LogoutURLs": auth.hosted.logout_urls,
        "AllowedOAuthFlows": ("code",),
        "AllowedOAuthScopes": auth.hosted.scopes,
        "AllowedOAuthFlowsUserPoolClient": True,
    }
