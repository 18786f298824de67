"""The console of a server in front of a pool at AWS: it says whose pool that is, and shows nothing in its place."""

import re
from collections.abc import Iterator

import httpx
import pytest

from poolhouse.operations.console import links


@pytest.fixture
def operator(front) -> Iterator[httpx.Client]:
    """A browser that came in with a link."""
    services = front.running.server.services
    with httpx.Client(base_url=front.running.url, follow_redirects=True) as browser:
        page = browser.get(links.link(services.vault, front.running.url, services.clock()))
        hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
        browser.headers["origin"] = front.running.url
        browser.post("/console/enter", data=hidden)
        yield browser


def test_the_pool_is_not_shown(front, operator):
    for path in ("/console", f"/console/{front.pool}/users", f"/console/{front.pool}/overview"):
        page = operator.get(path)
        assert page.status_code == 404
        assert f"The users of {front.pool} are at AWS" in page.text
    assert operator.get("/console/pools").status_code == 200


def test_nobody_signs_in(delegating):
    """Whatever the delegation says: the sign-in pages are AWS's."""
    page = delegating.running.http.get("/console/sign-in")
    assert page.status_code == 404
    assert f"The user pool {delegating.pool} and its people are at AWS." in page.text


def test_hosted_pages_and_discovery(front):
    """There are none here: the pool's own addresses are at AWS."""
    asked = {"client_id": front.running.client, "response_type": "code", "redirect_uri": "http://localhost"}
    assert front.running.http.get("/oauth2/authorize", params=asked).status_code == 400
    assert front.running.http.get(f"/{front.pool}/.well-known/jwks.json").status_code == 404
