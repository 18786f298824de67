"""Whose token opens a REST API: by scope for access tokens, by app client for ID tokens. Knows no signature."""

from collections.abc import Mapping
from typing import Any, Literal

from poolhouse.define.manifest import RestApi


def accepts(api: RestApi, use: Literal["access", "id"], claims: Mapping[str, Any], client_id: str) -> bool:
    """For a token that is good. `client_id` is the backend's own app client."""
    if use == "access":
        return not set(str(claims.get("scope", "")).split()).isdisjoint(api.scopes)
    return api.id_tokens == "pool" or (api.id_tokens == "own" and claims.get("aud") == client_id)
