"""`cognitoConfig` of a Gen 1 project as the arguments of define_auth(); what has no equal is reported."""

import json
from collections.abc import Mapping
from typing import Any, Final

from poolhouse.cli.answers import LOGIN, SignIn
from poolhouse.define.attributes import WIRE_NAMES
from poolhouse.define.manifest import PasswordPolicy, Verification
from poolhouse.errors import ProjectError

from .gen1 import Cognito, Project, Words
from .report import Report
from .trial import AuthTrial

_CHARACTERS: Final = {
    "Requires Lowercase": "require_lowercase",
    "Requires Uppercase": "require_uppercase",
    "Requires Numbers": "require_numbers",
    "Requires Symbols": "require_symbols",
}
_SIGN_IN: Final[dict[frozenset[str], SignIn]] = {
    frozenset(): "username",
    frozenset({"email"}): "email",
    frozenset({"phone_number"}): "phone",
    frozenset({"email", "phone_number"}): "email-or-phone",
}
_MFA: Final = {"OFF": "OFF", "ON": "REQUIRED", "OPTIONAL": "OPTIONAL"}
_FACTORS: Final = {"SMS Text Message": "sms", "TOTP": "totp"}
_SCOPES: Final = {
    "phone": "PHONE",
    "email": "EMAIL",
    "openid": "OPENID",
    "profile": "PROFILE",
    "aws.cognito.signin.user.admin": "COGNITO_ADMIN",
}
_URLS: Final = {"callback_urls": "CallbackURLs", "logout_urls": "LogoutURLs"}
_ATTRIBUTES: Final = {wire: ours for ours, wire in WIRE_NAMES.items()}


def arguments(project: Project, report: Report) -> dict[str, Any]:
    """The arguments of define_auth(), each accepted by it."""
    reading = _Reading(project.auth_file, project.cognito, report)
    groups = [group.group_name for group in project.groups]
    if groups:
        reading.take(("groups",), groups, "the groups", project.groups_file)
    for group in project.groups:
        if group.custom_policies:
            why = "A group's role is made of the rules that name the group."
            report.left(project.groups_file, f"customPolicies of {group.group_name}", why)
    return reading.written


class _Reading:
    def __init__(self, file: str, cognito: Cognito, report: Report) -> None:
        self._file = file
        self._cognito = cognito
        self._report = report
        self._trial = AuthTrial()
        self._login()
        self._messages()
        self._attributes()
        self._password()
        self._second_factors()
        self._hosted()
        self._differences()

    @property
    def written(self) -> dict[str, Any]:
        return self._trial.written

    def take(self, keys: tuple[str, ...], value: Any, shown: str, file: str | None = None) -> bool:
        """Whether define_auth() accepts it; a finding if not."""
        reason = self._trial.take(keys, value)
        if reason is not None:
            self._report.left(file or self._file, shown, reason)
        return reason is None

    def _words(self, given: Words | None) -> list[str]:
        """A list, or text with commas between the words."""
        listed = given.split(",") if isinstance(given, str) else (given or ())
        return [word for one in listed for part in one.split(",") if (word := part.strip())]

    def _login(self) -> None:
        """By e-mail or phone where those are user names, else by user names, with an address for codes."""
        named = frozenset(self._words(self._cognito.username_attributes)) - {"username"}
        if named not in _SIGN_IN:
            raise ProjectError(
                f"usernameAttributes holds {', '.join(sorted(named))}.",
                resolution="It can hold email and phone_number.",
                location=self._file,
            )
        login = dict(LOGIN[_SIGN_IN[named]])
        verified = {*self._words(self._cognito.auto_verified_attributes), *self._words(self._cognito.alias_attributes)}
        if not named and "phone_number" in verified:
            login = {"phone": True, **login} if "email" in verified else {"phone": True, "preferred_username": True}
        self.take(("login_with",), login, "usernameAttributes")

    def _messages(self) -> None:
        """Only words that are not those of define_auth() anyway."""
        cognito, ours = self._cognito, Verification()
        email, phone = ("login_with", "email"), ("login_with", "phone")
        way = self._trial.real.get("login_with", {})
        for keys, given, usual, shown in (
            ((*email, "verification_email_subject"), cognito.email_verification_subject, ours.subject, "Subject"),
            ((*email, "verification_email_body"), cognito.email_verification_message, ours.body, "Message"),
            ((*phone, "verification_message"), cognito.sms_verification_message, ours.sms, "sms"),
        ):
            if given and given != usual and keys[1] in way:
                name = "smsVerificationMessage" if shown == "sms" else f"emailVerification{shown}"
                self.take(keys, given, name)

    def _attributes(self) -> None:
        """Those that sign-up asks for, besides what people sign in with."""
        ways = self._trial.real.get("login_with", {})
        fixed = {wire for way, wire in (("email", "email"), ("phone", "phone_number")) if way in ways}
        wanted = self._words(self._cognito.required_attributes)
        for name in wanted:
            if name not in _ATTRIBUTES:
                self._report.left(self._file, f"requiredAttributes {name}", "There is no such standard attribute.")
            elif name not in fixed:
                self.take(("user_attributes", _ATTRIBUTES[name]), {"required": True}, f"requiredAttributes {name}")
        for name in sorted(fixed - {*wanted, *self._words(self._cognito.username_attributes)}):
            why = "define_auth() asks everybody for the address that codes go to."
            self._report.note(self._file, f"{name} is required", why)

    def _password(self) -> None:
        characters = self._words(self._cognito.password_policy_characters)
        for name in characters:
            if name not in _CHARACTERS:
                self._report.left(self._file, f"passwordPolicyCharacters {name}", "It is not known.")
        usual = PasswordPolicy()
        wanted: dict[str, Any] = {ours: theirs in characters for theirs, ours in _CHARACTERS.items()}
        if self._cognito.password_policy_characters is None:
            wanted = {}
        length = self._cognito.password_policy_min_length
        if length is not None:
            wanted["minimum_length"] = int(length) if str(length).isdecimal() else length
        changed = {name: value for name, value in wanted.items() if value != getattr(usual, name)}
        if changed:
            self.take(("password_policy",), changed, "passwordPolicy")

    def _second_factors(self) -> None:
        cognito = self._cognito
        if cognito.mfa_configuration == "OFF":
            return
        if cognito.mfa_configuration not in _MFA:
            self._report.left(self._file, f"mfaConfiguration {cognito.mfa_configuration}", "It is not known.")
            return
        made: dict[str, Any] = {"mode": _MFA[cognito.mfa_configuration]}
        for kind in self._words(cognito.mfa_types):
            if kind in _FACTORS:
                made[_FACTORS[kind]] = True
            else:
                self._report.left(self._file, f"mfaTypes {kind}", "It is not known.")
        if "sms" in made and cognito.sms_authentication_message:
            made["sms"] = {"sms_message": cognito.sms_authentication_message}
        self.take(("multifactor",), made, "mfaConfiguration")

    def _hosted(self) -> None:
        told = self._decoded("oAuthMetadata", self._cognito.o_auth_metadata)
        if not told or self._cognito.hosted_ui is False:
            return
        self._report_providers()
        if "implicit" in self._listed(told, "AllowedOAuthFlows"):
            self._report.left(self._file, "oAuthMetadata.AllowedOAuthFlows", "The implicit flow is not served.")
        scopes = [_SCOPES[one] for one in self._listed(told, "AllowedOAuthScopes") if one in _SCOPES]
        urls = {key: self._listed(told, name) for key, name in _URLS.items()}
        hosted = ("login_with", "external_providers")
        if not self.take(hosted, urls, "oAuthMetadata"):
            return
        if scopes:
            self.take((*hosted, "scopes"), scopes, "oAuthMetadata.AllowedOAuthScopes")
        if self._cognito.hosted_ui_domain_name:
            self.take((*hosted, "domain_prefix"), self._cognito.hosted_ui_domain_name, "hostedUIDomainName")

    def _report_providers(self) -> None:
        for name in self._words(self._cognito.auth_providers_user_pool):
            self._report.left(self._file, f"the provider {name}", "People sign in with the pool's own accounts.")

    def _listed(self, told: Mapping[str, Any], name: str) -> list[str]:
        given = told.get(name, [])
        return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []

    def _decoded(self, name: str, given: Any) -> dict[str, Any]:
        """JSON, which older files hold as text."""
        try:
            told = json.loads(given) if isinstance(given, str) and given else given
        except (ValueError, RecursionError):
            told = given
        if told is None or told == "":
            return {}
        if isinstance(told, dict):
            return told
        self._report.left(self._file, name, "It cannot be read.")
        return {}

    def _differences(self) -> None:
        """Answers of Amplify's questions that define_auth() has no argument for."""
        cognito = self._cognito
        for name, differs, why in (
            ("usernameCaseSensitive", cognito.username_case_sensitive in {True, "true"}, "User names ignore case."),
            ("userpoolClientGenerateSecret", cognito.userpool_client_generate_secret, "The app client has no secret."),
            (
                "userpoolClientRefreshTokenValidity",
                str(cognito.userpool_client_refresh_token_validity or 30) != "30",
                "Refresh tokens live 30 days; change the app client with poolhouse clients.",
            ),
            (
                "userpoolClientSetAttributes",
                cognito.userpool_client_set_attributes,
                "The app client reads and writes all.",
            ),
            ("thirdPartyAuth", cognito.third_party_auth, "The identity pool takes the pool's own users."),
            (
                "allowUnauthenticatedIdentities",
                cognito.allow_unauthenticated_identities is False,
                "The identity pool gives guests credentials, which may do nothing unless a rule says allow.guest().",
            ),
            ("authSelections", cognito.auth_selections == "userPoolOnly", "A backend has an identity pool."),
        ):
            if differs:
                self._report.left(self._file, name, why)
        for trigger, functions in self._decoded("triggers", cognito.triggers).items():
            names = ", ".join(map(str, functions)) if isinstance(functions, list) else str(functions)
            self._report.left(self._file, f"the trigger {trigger} ({names})", "Its handler runs on Node.js.")
