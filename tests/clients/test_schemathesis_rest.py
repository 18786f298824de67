"""Whatever is asked of a REST API's routes, with and without a token: no fault, and every answer as described."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import requests
from admin_queries.stage import EVERYTHING, write_project
from clients.development import Backend, Development
from clients.openapi import admin_queries
from clients.test_schemathesis import CHECKS, SHORT
from hypothesis import given, settings
from pycognito.aws_srp import AWSSRP
from schemathesis import Case, GenerationMode, openapi
from schemathesis.specs.openapi.schemas import OpenApiSchema

Ask = Callable[[Case, dict[str, str]], requests.Response]
ROUTES = [(path, *methods) for path, methods in admin_queries("", "")["paths"].items()]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Every route that Admin Queries can have."""
    written = write_project(tmp_path_factory.mktemp("written"), EVERYTHING)
    server = Development(tmp_path_factory.mktemp("rest"), example=written / "amplify")
    try:
        with closing(server.backend()) as served:
            yield served
    finally:
        server.stop()


@pytest.fixture(scope="module")
def token(backend: Backend) -> str:
    """Of somebody who may ask everything."""
    user = backend.new_user("Owners", "Editors")
    srp = AWSSRP(user.email, user.password, backend.pool_id, backend.client_id, client=backend.public)
    return str(srp.authenticate_user()["AuthenticationResult"]["AccessToken"])


@pytest.fixture(scope="module")
def asked_of(backend: Backend) -> OpenApiSchema:
    return openapi.from_dict(admin_queries(backend.new_user("Editors").sub, "Editors"))


@pytest.fixture(scope="module")
def ask(backend: Backend) -> Iterator[Ask]:
    with requests.Session() as session:
        asked = {"base_url": backend.url, "session": session, "allow_redirects": False, "timeout": 10}

        def ask(case: Case, headers: dict[str, str]) -> requests.Response:
            answer = case.call(headers=headers, **asked)
            case.validate_response(answer, checks=CHECKS)
            return answer

        yield ask


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_with_a_token(
    asked_of: OpenApiSchema, ask: Ask, token: str, path: str, method: str, mode: GenerationMode
) -> None:
    @SHORT
    @given(case=asked_of[path][method].as_strategy(generation_mode=mode))
    def any_request(case: Case) -> None:
        assert ask(case, {"authorization": token}).status_code != 401

    any_request()


@pytest.mark.parametrize(("path", "method"), ROUTES)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer a.b.c"}], ids=["none", "forged"])
def test_without_a_good_token(
    asked_of: OpenApiSchema, ask: Ask, path: str, method: str, headers: dict[str, str]
) -> None:
    """Nothing is asked of the function, whatever the request says."""

    @settings(SHORT, max_examples=3)
    @given(case=asked_of[path][method].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def any_request(case: Case) -> None:
        assert ask(case, headers).status_code == 401

    any_request()
