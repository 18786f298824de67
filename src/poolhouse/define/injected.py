"""The variables that a function gets for its grants: the pool's id, the API's address. Their values are handed in."""

from typing import TypeVar

from .manifest import Manifest, upper_snake

Value = TypeVar("Value")


def injected(manifest: Manifest, function: str, *, pool_id: Value | None, graphql_url: Value) -> dict[str, Value | str]:
    """Values are texts in the local runtime and intrinsic functions in a template."""
    found: dict[str, Value | str] = {}
    auth, data = manifest.auth, manifest.data
    if auth and pool_id and any(grant.function == function for grant in auth.grants):
        found[auth.environment_name] = pool_id
    if data and any(access.function == function for access in data.access):
        prefix = "AMPLIFY_DATA_" if data.name == "amplifyData" else f"AMPLIFY_DATA_{upper_snake(data.name)}_"
        found[f"{prefix}GRAPHQL_ENDPOINT"] = graphql_url
        found["AMPLIFY_DATA_DEFAULT_NAME"] = data.name
    return found
