"""What the finished stack tells, and the client files that are made of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from deploy.rich import ENVIRONMENT, RICH

from poolhouse.define import project
from poolhouse.define.manifest import VERSION, Data, Manifest
from poolhouse.deploy import rest_api
from poolhouse.deploy.intrinsics import Resolver
from poolhouse.deploy.stack_outputs import Described, described
from poolhouse.deploy.synthesis import synthesise
from poolhouse.errors import UserError
from poolhouse.outputs import Addresses, Applied, amplify_outputs, aws_exports

EXAMPLES = Path(__file__).parents[2] / "examples"
ADMIN_ACTIONS = project.load(EXAMPLES / "admin-actions")
ADMIN_QUERIES = project.load(EXAMPLES / "admin-queries")
REGION = "eu-central-1"


def told(manifest: Manifest) -> dict[str, str]:
    """The stack's outputs, as CloudFormation would give them."""
    template = synthesise(manifest, ENVIRONMENT).template
    resolver = Resolver(template, {}, region=REGION, account_id="111122223333")
    return {name: resolver.value(one["Value"]) for name, one in template["Outputs"].items()}


def applied(found: Described) -> Applied:
    return Applied(
        region=found.region,
        user_pool_id=found.user_pool_id,
        user_pool_client_id=found.user_pool_client_id,
        identity_pool_id=found.identity_pool_id,
        api_key=found.api_key,
        aws=Addresses(graphql=found.graphql, rest=found.rest, domain=found.domain),
    )


def test_everything_that_clients_need() -> None:
    """Ids, addresses, domain and key, from the outputs alone."""
    found = described(told(RICH), RICH, REGION)
    assert found.user_pool_id == f"{REGION}_UserPool"
    assert found.user_pool_client_id == "UserPoolClient"
    assert found.identity_pool_id == f"{REGION}:IdentityPool"
    assert found.graphql == "GraphqlApi.GraphQLUrl"
    assert found.api_key == "GraphqlApiKey.ApiKey"
    assert found.domain == f"UserPoolDomain.auth.{REGION}.amazoncognito.com"
    host = f"{rest_api.logical_id(RICH.rest_apis[1])}.execute-api.{REGION}.amazonaws.com"
    assert found.rest["orders"] == f"https://{host}/live"


@pytest.mark.parametrize(
    "manifest", [RICH, ADMIN_ACTIONS, ADMIN_QUERIES], ids=["rich", "admin-actions", "admin-queries"]
)
def test_the_client_files_are_the_local_ones_elsewhere(manifest: Manifest) -> None:
    """The same writer makes them: only values differ, and what a server of ours has under one address."""
    here = Applied(
        region=REGION, user_pool_id="p", user_pool_client_id="c", identity_pool_id="i", base_url="http://x", api_key="k"
    )
    there = applied(described(told(manifest), manifest, REGION))
    local, deployed = amplify_outputs(manifest, here), amplify_outputs(manifest, there)
    assert set(paths(local)) - set(paths(deployed)) <= {("custom",), *poolhouse(local)}
    assert set(paths(deployed)) <= set(paths(local))
    assert "127.0.0.1" not in msgspec.json.encode(deployed).decode()
    assert "http://" not in msgspec.json.encode(aws_exports(manifest, there)).decode()


def poolhouse(document: dict[str, Any]) -> list[tuple[str, ...]]:
    return [path for path in paths(document) if path[:2] == ("custom", "poolhouse")]


def paths(document: Any, above: tuple[str, ...] = ()) -> Iterable[tuple[str, ...]]:
    """Every member, by the names that lead to it."""
    for name, value in document.items() if isinstance(document, dict) else ():
        yield (*above, name)
        yield from paths(value, (*above, name))


def test_a_stack_of_older_definitions() -> None:
    """An output that is missing is told by name, with what to do."""
    outputs = told(RICH)
    del outputs["GraphqlUrl"]
    with pytest.raises(UserError, match="has no output GraphqlUrl"):
        described(outputs, RICH, REGION)


def test_what_the_manifest_does_not_have_is_not_asked_for() -> None:
    """Outputs of more than the definitions say are no hindrance."""
    found = described({"UserPoolId": "old"}, Manifest(version=VERSION), REGION)
    assert found == Described(region=REGION)


def test_an_api_key_only_api() -> None:
    """Without a user pool there is an address and a key."""
    manifest = Manifest(version=VERSION, data=Data(default_mode="apiKey", operations=()))
    assert set(told(manifest)) == {"Region", "GraphqlUrl", "GraphqlApiKeyValue"}
