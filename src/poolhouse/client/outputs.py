"""The part of `amplify_outputs.json` that the Python client needs (spec/backend-and-data.md section 6)."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from poolhouse.errors import ClientError


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the backend is and what it offers.

    `endpoint` is the base URL of the AWS JSON services, `rest` the addresses of the REST APIs by name, and `ca_file` a
    PEM file with the certificate authority that vouches for all of them, where the system's own do not.
    """

    region: str
    user_pool_id: str
    client_id: str
    identity_pool_id: str | None
    graphql_url: str | None
    default_mode: str
    api_key: str | None
    introspection: Mapping[str, Any]
    endpoint: str | None
    rest: Mapping[str, str] = field(default_factory=dict)
    ca_file: str | None = None

    @classmethod
    def read(
        cls,
        source: "str | os.PathLike[str] | Mapping[str, Any] | Outputs",
        endpoint: str | None = None,
        ca_file: "str | os.PathLike[str] | None" = None,
    ) -> "Outputs":
        """Read a file or an already decoded document; what is given besides goes before what is read.

        `endpoint` is the server's URL; without it the outputs say it: their own word for it, or the origin of a
        `data.url` or REST API that is not at AWS. Else it is AWS itself.
        Raises ClientError when the document does not describe a user pool.
        """
        authority = None if ca_file is None else str(ca_file)
        if isinstance(source, Outputs):
            return replace(source, endpoint=_base(endpoint) or source.endpoint, ca_file=authority or source.ca_file)
        document = source if isinstance(source, Mapping) else _load(Path(source))
        auth, data = document.get("auth"), document.get("data") or {}
        custom = document.get("custom") or {}
        rest = {name: str(api["endpoint"]) for name, api in (custom.get("API") or {}).items() if "endpoint" in api}
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
            endpoint=_base(endpoint) or _told(custom) or _own_origin(data.get("url"), *rest.values()),
            rest=rest,
            ca_file=authority,
        )

    def service_url(self, service: str) -> str:
        """The URL of `cognito-idp` or `cognito-identity`."""
        told = self.endpoint
        return (
            told if told and not told.endswith(".amazonaws.com") else f"https://{service}.{self.region}.amazonaws.com"
        )


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


def _base(endpoint: str | None) -> str | None:
    return endpoint.rstrip("/") if endpoint else None


def _told(custom: Mapping[str, Any]) -> str | None:
    return _base((custom.get("poolhouse") or {}).get("endpoint"))


def _own_origin(*urls: str | None) -> str | None:
    for url in urls:
        parts = urlsplit(url or "")
        if parts.hostname and not parts.hostname.endswith(".amazonaws.com"):
            return f"{parts.scheme}://{parts.netloc}"
    return None
