"""Which route a path leads to."""

import pytest

from poolhouse.define.manifest import RestRoute
from poolhouse.protocols.gateway.routes import Routes

PATHS = ("/", "/a", "/a/{x}", "/a/{x}/c", "/a/b/{y}", "/{z}/c", "/a/{rest+}")


@pytest.fixture
def routes():
    return Routes(RestRoute(path=path, method="GET", function="fn") for path in PATHS)


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("", "/", {}),
        ("a", "/a", {}),
        ("a/1", "/a/{x}", {"x": "1"}),
        ("a/1/c", "/a/{x}/c", {"x": "1"}),
        ("a/b/c", "/a/b/{y}", {"y": "c"}),
        ("b/c", "/{z}/c", {"z": "b"}),
        ("a/1/d", "/a/{rest+}", {"rest": "1/d"}),
        ("a/b/c/d", "/a/{rest+}", {"rest": "b/c/d"}),
    ],
)
def test_the_most_exact_route_answers(routes, path, resource, parameters):
    """Literal before parameter before greedy parameter, also where that means to go back."""
    found = routes.match([part for part in path.split("/") if part])
    assert (found.resource.path, found.parameters) == (resource, parameters)


@pytest.mark.parametrize("path", ["b", "b/d", "A", "b/c/d"])
def test_no_route(routes, path):
    """Paths are compared exactly."""
    assert routes.match(path.split("/")) is None


def test_a_method_of_its_own_comes_before_any():
    """Other methods go to ANY, unknown ones nowhere."""
    found = Routes(
        [
            RestRoute(path="/a", method="ANY", function="any"),
            RestRoute(path="/a", method="GET", function="get"),
        ]
    ).match(["a"])
    answers = {name: found.resource.route(name) for name in ("GET", "PUT", "OPTIONS", "BREW", "get", "ANY")}
    named = {name: route.function if route else None for name, route in answers.items()}
    assert named == {"GET": "get", "PUT": "any", "OPTIONS": "any", "BREW": None, "get": None, "ANY": None}


def test_resource_ids_are_stable_and_differ():
    """Six characters per path, as AWS has them."""
    first, second = (
        [
            Routes([RestRoute(path=path, method="GET", function="fn")]).match(["a"]).resource.id
            for path in ("/a", "/{b}")
        ]
        for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == 2
    assert all(len(one) == 6 and one.isalnum() for one in first)
