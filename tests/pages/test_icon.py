"""The icon of all pages: what browsers get, and how long they may keep it."""

from importlib.resources import files
from xml.etree import ElementTree as ET

import httpx
import pytest
from starlette.applications import Starlette

from poolhouse.pages import icon


@pytest.fixture
async def browser():
    transport = httpx.ASGITransport(Starlette(routes=icon.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://pages.test") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (icon.url(), "public, max-age=31536000, immutable"),
        ("/favicon.svg", "public, max-age=86400"),
        ("/favicon.svg?v=of-another-version", "public, max-age=86400"),
        ("/favicon.ico", "public, max-age=86400"),
    ],
)
async def test_every_address_gives_the_same_drawing(browser, path, kept):
    """For ever only where the address names the drawing; as an image that can do nothing."""
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == kept
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "sandbox" in policy
    assert answer.content == files("poolhouse.pages").joinpath("templates", "icon.svg").read_bytes()
    assert (await browser.head(path)).headers["content-length"] == str(len(answer.content))
    assert (await browser.post(path)).status_code == 405


def test_the_drawing_is_small_and_fits_light_and_dark():
    """It loads nothing, runs nothing and has colours for both."""
    drawing = files("poolhouse.pages").joinpath("templates", "icon.svg").read_bytes()
    assert len(drawing) < 1024
    names = {element.tag.rpartition("}")[2] for element in ET.fromstring(drawing).iter()}
    assert names == {"svg", "style", "rect", "path"}
    assert b"prefers-color-scheme:dark" in drawing
    assert b"href" not in drawing
