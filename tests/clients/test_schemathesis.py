"""Whatever is asked of the OAuth endpoints, the documents and the hosted pages: each answers as its description says."""

from collections.abc import Iterator

import pytest
import requests
from clients.development import Backend
from clients.openapi import document, operations
from clients.pools import CHOICE, PASSWORDLESS, Pool, new_pool
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

BACK = "https://app.example.com/back"
OAUTH = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "CallbackURLs": [BACK],
    "SupportedIdentityProviders": ["COGNITO"],
}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SHORT = settings(
    max_examples=10, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def pool(sqlite_backend: Backend) -> Pool:
    """What is asked here is refused before a database matters, or asked of both elsewhere."""
    return new_pool(sqlite_backend, PASSWORDLESS, **OAUTH, ExplicitAuthFlows=CHOICE)


@pytest.fixture(scope="module")
def described(pool: Pool) -> OpenApiSchema:
    return openapi.from_dict(document(pool, BACK))


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


def is_http(case: Case) -> bool:
    """Control characters in a header make it no request, which is refused before anything that is described here."""
    return all(str(value).isprintable() for value in (case.headers or {}).values())


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [(path, method, mode) for mode in GenerationMode for path, method in operations(with_input=mode.is_negative)],
)
def test_answers_are_as_described(
    pool: Pool, described: OpenApiSchema, session: requests.Session, path: str, method: str, mode: GenerationMode
) -> None:
    """Statuses, content types and bodies, for requests that fit the description and for those that do not."""
    server = pool.backend.url.replace("127.0.0.1", "localhost")  # where the pool's passkeys are at home
    asked = {"base_url": server, "session": session, "allow_redirects": False, "timeout": 10}

    @SHORT
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        assume(is_http(case))
        case.call_and_validate(checks=CHECKS, **asked)

    ask()
