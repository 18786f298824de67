"""What clients of Amplify's first generation are told about a backend, in their words; other files give it its form.

They have no key for the address of an identity pool: with one they would send people's ID tokens to AWS, and
Amplify Swift would take the refusal for a failed sign-in. So these files name none, and signed-in calls of the data
API use the user pool instead of IAM.
"""

from typing import Any, Final

from poolhouse.define.manifest import Auth, Manifest, RestApi
from poolhouse.define.modes import has_api_key

from .amplify_outputs import PROVIDERS, Applied, additional_modes

_FACTORS: Final = {"OFF": "OFF", "OPTIONAL": "OPTIONAL", "REQUIRED": "ON"}


def username_attributes(auth: Auth) -> list[str]:
    """Empty where people choose a name."""
    return [] if auth.preferred_username else [name.upper() for name in auth.login]


def sign_up_attributes(auth: Auth) -> list[str]:
    required = [one.name for one in auth.attributes if one.required and not one.name.startswith("custom:")]
    return [name.upper() for name in dict.fromkeys([*auth.login, *required])]


def verification_mechanisms(auth: Auth) -> list[str]:
    return [name.upper() for name in auth.login]


def factors(auth: Auth) -> tuple[str, list[str]]:
    """The mode and the kinds of second factors; this generation knows no codes by e-mail."""
    kinds = (("SMS", auth.multifactor.sms), ("TOTP", auth.multifactor.totp))
    return _FACTORS[auth.multifactor.mode], [name for name, offered in kinds if offered]


def password_settings(auth: Auth) -> dict[str, Any]:
    policy = auth.password_policy
    required = {
        "REQUIRES_LOWERCASE": policy.require_lowercase,
        "REQUIRES_UPPERCASE": policy.require_uppercase,
        "REQUIRES_NUMBERS": policy.require_numbers,
        "REQUIRES_SYMBOLS": policy.require_symbols,
    }
    return {
        "passwordPolicyMinLength": policy.minimum_length,
        "passwordPolicyCharacters": [name for name, asked in required.items() if asked],
    }


def data_mode(manifest: Manifest) -> str:
    """The data API's mode for calls that name none."""
    assert manifest.data is not None
    mode = manifest.data.default_mode
    return PROVIDERS["userPool" if mode == "identityPool" and manifest.auth is not None else mode]


def other_data_modes(manifest: Manifest) -> list[str]:
    assert manifest.data is not None
    every = [PROVIDERS[manifest.data.default_mode], *additional_modes(manifest)]
    return [mode for mode in every if mode != data_mode(manifest)]


def api_key(manifest: Manifest, applied: Applied) -> str | None:
    return applied.api_key if manifest.data is not None and has_api_key(manifest.data) else None


def rest_mode(api: RestApi) -> str:
    """A token is sent as soon as one route asks for it."""
    guarded = any(route.authorizer == "userPool" for route in api.routes)
    return PROVIDERS["userPool"] if guarded else "NONE"
