"""The part of `amplify_outputs.json` that the Python client needs (spec/backend-and-data.md section 6)."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from poolhouse.errors import ClientError


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the backend is and what it offers. `endpoint` is the base URL of the AWS JSON services."""

    region: str
    user_pool_id: str
    client_id: str
    identity_pool_id: str | None
    graphql_url: str | None
    default_mode: str
    api_key: str | None
    introspection: Mapping[str, Any]
    endpoint: str | None

    @classmethod
    def read(
        cls, source: "str | os.PathLike[str] | Mapping[str, Any] | Outputs", endpoint: str | None = None
    ) -> "Outputs":
        """Read a file or an already decoded document.

        `endpoint` is the server's URL; without it the origin of a non-AWS `data.url` is used, else AWS itself.
        Raises ClientError when the document does not describe a user pool.
        """
        if isinstance(source, Outputs):
            return source
        document = source if isinstance(source, Mapping) else _load(Path(source))
        auth, data = document.get("auth"), document.get("data") or {}
        if not isinstance(auth, Mapping) or not {"user_pool_id", "user_pool_client_id", "aws_region"} <= auth.keys():
            raise ClientError(
                "The outputs describe no user pool.",
                resolution="Run poolhouse dev or poolhouse generate outputs first.",
            )
        return cls(
            region=auth["aws_region"],
            user_pool_id=auth["user_pool_id"],
            client_id=auth["user_pool_client_id"],
            identity_pool_id=auth.get("identity_pool_id"),
            graphql_url=data.get("url"),
            default_mode=data.get("default_authorization_type", "AMAZON_COGNITO_USER_POOLS"),
            api_key=data.get("api_key"),
            introspection=data.get("model_introspection") or {},
            endpoint=endpoint or _own_origin(data.get("url")),
        )

    def service_url(self, service: str) -> str:
        """The URL of `cognito-idp` or `cognito-identity`."""
        return self.endpoint or f"https://{service}.{self.region}.amazonaws.com"


def _load(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClientError(
            f"{path} cannot be read ({error.strerror}).",
            resolution="Run poolhouse dev or poolhouse generate outputs first.",
        ) from error
    except ValueError as error:
        raise ClientError(f"{path} is not JSON ({error}).", resolution="Generate it again.") from error
    if not isinstance(document, dict):
        raise ClientError(f"{path} holds no JSON object.", resolution="Generate it again.")
    return document


def _own_origin(url: str | None) -> str | None:
    parts = urlsplit(url or "")
    if not parts.hostname or parts.hostname.endswith(".amazonaws.com"):
        return None
    return f"{parts.scheme}://{parts.netloc}"
