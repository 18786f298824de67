"""`client.rest.<API>`: the backend's REST APIs, with the session's access token (spec/admin-queries.md section 5)."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from poolhouse.client.session import Session
from poolhouse.errors import ClientError, PoolhouseError

Query = Mapping[str, str | int | None]
_PARAMETER = re.compile(r"\{(\w+)(\+?)\}")


class RestError(PoolhouseError):
    """The API answered with a status of 300 or above; `body` is its answer, decoded where it is JSON."""

    def __init__(self, status: int, body: Any) -> None:
        told = body.get("message", body.get("Message")) if isinstance(body, Mapping) else None
        super().__init__(f"{status}: {told if isinstance(told, str) else 'The API says no more.'}")
        self.status = status
        self.body = body
        self.message = told if isinstance(told, str) else ""


class RestApi:
    """One API. Paths are those of its routes; a path's `{name}` is filled from `parameters`, and encoded.

    Every call returns the answer's JSON, or its text where it is none. Raises RestError for what the API refuses.
    """

    def __init__(self, endpoint: str, session: Session | None, http: httpx.Client) -> None:
        self.endpoint = endpoint
        self._session = session
        self._http = http

    def get(self, path: str, *, parameters: Mapping[str, str] | None = None, query: Query | None = None) -> Any:
        return self.request("GET", path, parameters=parameters, query=query)

    def post(
        self, path: str, *, parameters: Mapping[str, str] | None = None, query: Query | None = None, body: Any = None
    ) -> Any:
        return self.request("POST", path, parameters=parameters, query=query, body=body)

    def put(
        self, path: str, *, parameters: Mapping[str, str] | None = None, query: Query | None = None, body: Any = None
    ) -> Any:
        return self.request("PUT", path, parameters=parameters, query=query, body=body)

    def patch(
        self, path: str, *, parameters: Mapping[str, str] | None = None, query: Query | None = None, body: Any = None
    ) -> Any:
        return self.request("PATCH", path, parameters=parameters, query=query, body=body)

    def delete(
        self, path: str, *, parameters: Mapping[str, str] | None = None, query: Query | None = None, body: Any = None
    ) -> Any:
        return self.request("DELETE", path, parameters=parameters, query=query, body=body)

    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        query: Query | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """`body` is sent as JSON, None as no body; members of `query` that are None are left out."""
        response = self._http.request(
            method,
            f"{self.endpoint}/{_filled(path, parameters or {}).lstrip('/')}",
            params={name: value for name, value in (query or {}).items() if value is not None},
            json=body,
            headers={**self._authorization(), **(headers or {})},
        )
        answer = _decoded(response)
        if response.status_code >= httpx.codes.MULTIPLE_CHOICES:
            raise RestError(response.status_code, answer)
        return answer

    def _authorization(self) -> dict[str, str]:
        return {"authorization": self._session.access_token} if self._session is not None else {}


class RestApis:
    """The backend's REST APIs as attributes, by their names."""

    def __init__(self, endpoints: Mapping[str, str], make: Callable[[str], RestApi]) -> None:
        self._endpoints = endpoints
        self._make = make

    def __dir__(self) -> list[str]:
        return sorted(self._endpoints)

    def __getattr__(self, name: str) -> RestApi:
        if name not in self._endpoints:
            raise AttributeError(f"The backend has no REST API {name!r}; it has: {', '.join(dir(self)) or 'none'}.")
        return self._make(self._endpoints[name])


def _filled(path: str, parameters: Mapping[str, str]) -> str:
    """The last parameter of a route may hold slashes, where the route says so with `+`."""
    missing = [match[1] for match in _PARAMETER.finditer(path) if match[1] not in parameters]
    if missing:
        raise ClientError(f"{path} needs the parameter {missing[0]!r}.", resolution="Pass it in parameters={...}.")
    return _PARAMETER.sub(lambda match: quote(parameters[match[1]], safe="/" if match[2] else ""), path)


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text
