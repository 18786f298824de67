"""Whose token opens a REST API."""

import pytest

from poolhouse.access.routes import accepts
from poolhouse.define.manifest import RestApi

SCOPED = {"scope": "openid reports/read"}


@pytest.mark.parametrize(
    ("api", "use", "claims", "opens"),
    [
        ({"scopes": ("reports/read",)}, "access", SCOPED, True),
        ({"scopes": ("reports",)}, "access", SCOPED, False),
        ({"scopes": ()}, "access", {}, False),
        ({"id_tokens": "own"}, "id", {"aud": "app"}, True),
        ({"id_tokens": "own"}, "id", {"aud": "other"}, False),
        ({"id_tokens": "pool"}, "id", {"aud": "other"}, True),
        ({"id_tokens": "none"}, "id", {"aud": "app"}, False),
    ],
)
def test_tokens(api, use, claims, opens):
    assert accepts(RestApi(name="x", **api), use, claims, "app") is opens
