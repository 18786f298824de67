"""The questions of `add auth` and `update auth`, in Amplify's order and words. What is not served is named as such."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

import typer

from poolhouse.cli.answers import LOGIN, NAME, SignIn, Wanted, current_admin, group_names, nested, problem, unserved
from poolhouse.cli.editing import Keys
from poolhouse.cli.editing_source import REMOVED
from poolhouse.cli.prompts import Option, confirm, select, several, text, yes_no
from poolhouse.cli.questions_admin import ask_admin, ask_groups, ask_restriction, edit_groups
from poolhouse.define.attributes import WIRE_NAMES
from poolhouse.define.manifest import Auth, HostedSignIn, Manifest, PasswordPolicy, Verification
from poolhouse.define.urls import problem as url_problem

_Changes = dict[Keys, object]
_NOT_SERVED: Final = "not served yet"
_BY_HAND: Final = "write define_auth(triggers=...)"
_LEARN_DEFAULT: Final = (
    "The default configuration is a user pool where people sign in with what you choose next, confirm their e-mail\n"
    "address with a code, and choose a password of at least eight characters. Manual configuration asks for everything."
)
_LEARN_SERVICES: Final = (
    "The user pool knows who people are. The identity pool gives them credentials for signed requests,\n"
    "with one role for guests, one for signed-in users and one for each group. A backend has both."
)
_LEARN_SIGN_IN: Final = (
    "What people type in beside the password. Codes are sent to the e-mail address or the phone number.\n"
    "With a user name, people also have an e-mail address, for their codes."
)
_LEARN_MFA: Final = (
    "With a second factor a stolen password alone opens no account: an authenticator app's code, or one by e-mail."
)
_LEARN_OAUTH: Final = (
    "Sign-in pages on this server, with OAuth 2.0 and OpenID Connect, for apps that send people there."
)
_WAYS: Final[tuple[tuple[str, SignIn], ...]] = (
    ("Username", "username"),
    ("Email", "email"),
    ("Phone Number", "phone"),
    ("Email or Phone Number", "email-or-phone"),
)
_SOCIAL: Final = ("Facebook", "Google", "Login With Amazon", "Sign in with Apple")
_SCOPES: Final = {
    "Phone": "PHONE",
    "Email": "EMAIL",
    "OpenID": "OPENID",
    "Profile": "PROFILE",
    "aws.cognito.signin.user.admin": "COGNITO_ADMIN",
}
_CHARACTERS: Final = {
    "Requires Lowercase": "require_lowercase",
    "Requires Uppercase": "require_uppercase",
    "Requires Numbers": "require_numbers",
    "Requires Symbols": "require_symbols",
}
_HOSTED: Final = ("login_with", "external_providers")


def ask_new(name: str) -> Wanted:
    """The questions of `add auth`. `name` is proposed for the resource."""
    how = select(
        "Do you want to use the default authentication and security configuration?",
        [
            Option("Default configuration", "default"),
            Option("Default configuration with Social Provider (Federation)", "social", _NOT_SERVED),
            Option("Manual configuration", "manual"),
        ],
        learn=_LEARN_DEFAULT,
    )
    changes: _Changes = {}
    if how == "manual":
        _ask_services()
        changes["name",] = _ask_name(name)
    changes |= _ask_sign_in()
    groups = ask_groups(())
    admin = ask_admin(groups, None)
    if how == "manual":
        changes |= _ask_rest(changes, Auth())
    return Wanted(changes, groups, admin)


def ask_update(manifest: Manifest) -> Wanted:
    """The questions of `update auth`."""
    auth = manifest.auth or Auth()
    what: Literal["default", "all", "urls", "groups", "admin"] = select("What do you want to do?", _choices(auth))
    groups, admin = group_names(auth), current_admin(manifest)
    if what == "admin":
        return Wanted(admin=ask_restriction(groups, admin))
    if what == "groups":
        return Wanted(groups=edit_groups(groups))
    if what == "urls":
        return Wanted(_ask_urls(auth.hosted))
    if what == "default":
        return Wanted({("multifactor",): REMOVED, ("password_policy",): REMOVED})
    wanted = edit_groups(groups)
    api = ask_admin(wanted, admin)
    rest = _ask_rest({("login_with",): _login_of(auth)}, auth)
    return Wanted(rest, wanted, api, without_admin=api is None and admin is not None)


def _choices(auth: Auth) -> list[Option]:
    found = [
        Option("Apply default configuration without Social Provider (Federation)", "default"),
        Option("Apply default configuration with Social Provider (Federation)", "social", _NOT_SERVED),
        Option("Walkthrough all the auth configurations", "all"),
    ]
    if auth.hosted is not None:
        found.append(Option("Add/Edit signin and signout redirect URIs", "urls"))
        found.append(Option("Update OAuth social providers", "providers", _NOT_SERVED))
    found.append(Option("Create or update Cognito user pool groups", "groups"))
    found.append(Option("Create or update Admin queries API", "admin"))
    return found


def _ask_services() -> None:
    select(
        "Select the authentication/authorization services that you want to use:",
        [
            Option("User Sign-Up, Sign-In, connected with AWS IAM controls", "both"),
            Option("User Sign-Up & Sign-In only", "pool", "a backend has both pools"),
        ],
        learn=_LEARN_SERVICES,
    )


def _ask_name(name: str) -> str:
    question = "Provide a friendly name for your resource that will be used to label this category in the project:"
    words = "Use 1 to 128 letters and digits, and begin with a letter"
    return text(
        question,
        default=name,
        check=lambda given: None if NAME.fullmatch(given) and given[0].isalpha() and len(given) <= 128 else words,
    )


def _ask_sign_in() -> _Changes:
    typer.secho("Warning: you will not be able to edit these selections.", fg="yellow")
    options = [Option(title, way, unserved({"login_with": LOGIN[way]})) for title, way in _WAYS]
    question = "How do you want users to be able to sign in?"
    chosen: SignIn = select(question, options, default="email", learn=_LEARN_SIGN_IN)
    return {("login_with",): dict(LOGIN[chosen])}


def _login_of(auth: Auth) -> dict[str, object]:
    """The ways to sign in of a pool, which stay for its life."""
    found: dict[str, object] = {"email" if way == "email" else "phone": True for way in auth.login}
    return {**found, "preferred_username": True} if auth.preferred_username else found


def _ask_rest(changes: Mapping[Keys, object], auth: Auth) -> _Changes:
    """What comes after the API, with the answers of before as defaults. Only what differs from them is a change."""
    login: dict[str, object] = nested(changes)["login_with"]
    made = _ask_second_factor(login, auth)
    if "email" in login:
        made |= _ask_messages(auth.verification)
    made |= _ask_password_policy(auth.password_policy)
    made |= _ask_attributes(login, auth)
    made |= _ask_hosted(auth.hosted)
    _ask_capabilities()
    return made


def _ask_second_factor(login: dict[str, object], auth: Auth) -> _Changes:
    mode = select(
        "Multifactor authentication (MFA) user login options:",
        [
            Option("OFF", "OFF"),
            Option("ON (Required for all logins, can not be enabled later)", "REQUIRED"),
            Option("OPTIONAL (Individual users can use MFA)", "OPTIONAL"),
        ],
        default=auth.multifactor.mode,
        learn=_LEARN_MFA,
    )
    if mode == "OFF":
        return {("multifactor",): REMOVED} if auth.multifactor.mode != "OFF" else {}
    by_text = unserved({"login_with": login, "multifactor": {"mode": mode, "sms": True}})
    options = [
        Option("SMS Text Message", "sms", by_text),
        Option("Time-Based One-Time Password (TOTP)", "totp"),
        Option("Email message", "email"),
    ]
    now = [name for name in ("sms", "totp", "email") if getattr(auth.multifactor, name, False)] or ["totp"]

    def wrong(chosen: list[str]) -> str | None:
        error = problem({"login_with": login, "multifactor": _factors(mode, chosen)})
        return None if error is None else f"{error.message} {error.resolution}"

    chosen = _until(lambda: several("For user login, select the MFA types:", options, chosen=now), wrong)
    return {("multifactor",): _factors(mode, chosen)}


def _factors(mode: str, chosen: list[str]) -> dict[str, object]:
    return {"mode": mode, **dict.fromkeys(chosen, True)}


def _until(ask: Callable[[], list[str]], wrong: Callable[[list[str]], str | None]) -> list[str]:
    """Ask again until nothing is wrong with the answer."""
    while reason := wrong(chosen := ask()):
        typer.secho(reason, fg="red", err=True)
    return chosen


def _ask_messages(now: Verification) -> _Changes:
    subject = text("Specify an email verification subject:", default=now.subject, check=_not_empty)
    body = text("Specify an email verification message:", default=now.body, check=_has_code)
    found: _Changes = {}
    if subject != now.subject:
        found["login_with", "email", "verification_email_subject"] = subject
    if body != now.body:
        found["login_with", "email", "verification_email_body"] = body
    return found


def _not_empty(given: str) -> str | None:
    return None if 1 <= len(given) <= 140 else "Use 1 to 140 characters"


def _has_code(given: str) -> str | None:
    return None if "{####}" in given else "Put {####} where the code belongs"


def _ask_password_policy(now: PasswordPolicy) -> _Changes:
    default = now != PasswordPolicy()
    if not confirm("Do you want to override the default password policy for this User Pool?", default=default):
        return {("password_policy",): REMOVED} if default else {}
    question = "Enter the minimum password length for this User Pool:"
    length = int(text(question, default=str(now.minimum_length), check=_length))
    required = [name for name in _CHARACTERS.values() if getattr(now, name)]
    options = [Option(title, name) for title, name in _CHARACTERS.items()]
    chosen = several("Select the password character requirements for your userpool:", options, chosen=required)
    wanted = {"minimum_length": length, **{name: name in chosen for name in _CHARACTERS.values()}}
    return {("password_policy", name): value for name, value in wanted.items() if value != getattr(now, name)}


def _length(given: str) -> str | None:
    return None if given.isascii() and given.isdigit() and 6 <= int(given) <= 99 else "Use a number from 6 to 99"


def _ask_attributes(login: dict[str, object], auth: Auth) -> _Changes:
    """Required attributes; those that people sign in with always are. A pool keeps them for its life."""
    fixed = {"email": "email", "phone": "phone_number"}
    given = [name for key, name in fixed.items() if key in login]
    options = [Option(f"{name.replace('_', ' ').title()} (they sign in with it)", name, "always") for name in given]
    names = [name for name in WIRE_NAMES if name not in given]
    options += [Option(name.replace("_", " ").title(), name) for name in names]
    required = {attribute.name for attribute in auth.attributes if attribute.required}
    now = [name for name in names if WIRE_NAMES[name] in required]
    chosen = several("What attributes are required for signing up?", options, chosen=now)
    found: _Changes = {("user_attributes", name, "required"): True for name in chosen if name not in now}
    return found | {("user_attributes", name, "required"): False for name in now if name not in chosen}


def _ask_hosted(now: HostedSignIn | None) -> _Changes:
    if not yes_no("Do you want to use an OAuth flow?", default=now is not None, learn=_LEARN_OAUTH):
        return {_HOSTED: REMOVED} if now is not None else {}
    prefix = text(
        "What domain name prefix do you want to use? (empty: named after the backend)",
        default=(now.domain_prefix or "") if now else "",
        check=_prefix,
    )
    found = _ask_urls(now)
    select(
        "Select the OAuth flows enabled for this project.",
        [Option("Authorization code grant", "code"), Option("Implicit grant", "implicit", _NOT_SERVED)],
    )
    wire = {"COGNITO_ADMIN": "aws.cognito.signin.user.admin"}
    before = [name for name in _SCOPES.values() if now is None or wire.get(name, name.lower()) in now.scopes]
    options = [Option(title, name) for title, name in _SCOPES.items()]
    scopes = several("Select the OAuth scopes enabled for this project.", options, chosen=before)
    providers = [Option("None: people sign in with accounts of the pool", "none")]
    providers += [Option(name, name, _NOT_SERVED) for name in _SOCIAL]
    select("Select the social providers you want to configure for your user pool:", providers)
    if prefix:
        found[*_HOSTED, "domain_prefix"] = prefix
    elif now is not None and now.domain_prefix is not None:
        found[*_HOSTED, "domain_prefix"] = REMOVED
    if scopes != before:
        found[*_HOSTED, "scopes"] = scopes
    return found


def _ask_urls(now: HostedSignIn | None) -> _Changes:
    return {
        (*_HOSTED, "callback_urls"): _ask_list("signin", now.callback_urls if now else ()),
        (*_HOSTED, "logout_urls"): _ask_list("signout", now.logout_urls if now else ()),
    }


def _ask_list(which: str, now: tuple[str, ...]) -> list[str]:
    urls = list(now)
    if urls:
        kept = several(f"Which redirect {which} URIs do you want to keep?", [Option(u, u) for u in urls], chosen=urls)
        urls = kept
        if urls and not confirm(f"Do you want to add another redirect {which} URI", default=False):
            return urls
    while True:
        default = "http://localhost:3000/" if not urls else ""
        urls.append(text(f"Enter your redirect {which} URI:", default=default, check=url_problem))
        if not confirm(f"Do you want to add another redirect {which} URI", default=False):
            return list(dict.fromkeys(urls))


def _prefix(given: str) -> str | None:
    hosted = {"callback_urls": ["https://a.example/"], "logout_urls": ["https://a.example/"], "domain_prefix": given}
    error = problem({"login_with": {"email": True, "external_providers": hosted}}) if given else None
    return error.resolution if error else None


def _ask_capabilities() -> None:
    """Amplify's ready-made triggers, by name: here they are functions of the user's own."""
    names = (
        "Add Google reCaptcha Challenge",
        "Email Verification Link with Redirect",
        "Add User to Group",
        "Email Domain Filtering (denylist)",
        "Email Domain Filtering (allowlist)",
        "Custom Auth Challenge Flow (basic scaffolding - not for production)",
        "Override ID Token Claims",
    )
    options = [Option("None of them", "none"), *(Option(name, name, _BY_HAND) for name in names)]
    select("Do you want to enable any of the following capabilities?", options)
