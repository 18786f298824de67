"""The set-up of an authenticator app: a QR code that says what the key beside it says, on every ground and by itself."""

import html
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from oauth_world import make_world
from operations.stage import EMAIL

from poolhouse.pages.hosted import authenticator

QUIET = 4


def dark_modules(svg: str) -> set[tuple[int, int]]:
    """The (column, row) of every dark module, from the strokes of the drawing."""
    (strokes,) = re.findall(r'<path stroke="#000" d="([^"]+)"/>', svg)
    found, x, y = set(), 0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", strokes):
        first, *rest = (float(number) for number in numbers.split())
        if command == "h":
            found |= {(column, int(y)) for column in range(x, x + int(first))}
            x += int(first)
        else:
            x, y = (int(first), rest[0]) if command == "M" else (x + int(first), y + rest[0])
    return found


@pytest.fixture
async def page(services, invoke):
    """The first sign-in of a pool that demands an authenticator."""
    world = await make_world(services, invoke)
    totp = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    await world.stage.admin("SetUserPoolMfaConfig", MfaConfiguration="ON", **totp)
    return await world.sign_in()


async def test_code_link_and_key_are_one(page):
    """The key as text, the address that opens an app, and what the camera sees are the same; the drawing has a name."""
    key = re.search(r'aria-label="Key">([A-Z2-7 ]+)<', page.text).group(1).replace(" ", "")
    address = html.unescape(re.search(r'href="(otpauth://[^"]+)"', page.text).group(1))
    assert address == authenticator.address(key, "Studio", EMAIL)
    label, svg = re.search(r'role="img" aria-label="([^"]+)">(<svg .+?</svg>)</div>', page.text).groups()
    assert html.unescape(label) == f"QR code that adds Studio ({EMAIL}) to an authenticator app"
    assert svg == authenticator.drawing(address)


async def test_policy_stays_strict(page):
    """The drawing is an element of the page: no script, no style of its own, no picture from elsewhere."""
    assert "style-src 'self'; img-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert not re.search(r"<script|<style|\sstyle=|data:", page.text)


@pytest.mark.parametrize("text", ["short", authenticator.address("A" * 32, "Studio", EMAIL), "x" * 600])
def test_drawing_is_the_code(text):
    """Every dark module and no other, on a white ground with four modules of quiet around."""
    svg, matrix = authenticator.drawing(text), segno.make_qr(text, error="m", boost_error=False).matrix
    size = len(matrix) + 2 * QUIET
    assert svg.startswith(f'<svg viewBox="0 0 {size} {size}"><path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/>')
    wanted = {(x + QUIET, y + QUIET) for y, row in enumerate(matrix) for x, module in enumerate(row) if module & 1}
    assert dark_modules(svg) == wanted


@given(issuer=st.text(min_size=1, max_size=128), account=st.text(min_size=1, max_size=128))
def test_names_cannot_break_the_address(issuer, account):
    """Whatever app and user are called, an app reads exactly these names and this key."""
    found = urlsplit(authenticator.address("ABCDEFGH", issuer, account))
    assert (found.scheme, found.netloc, found.fragment) == ("otpauth", "totp", "")
    assert [unquote(part) for part in found.path.removeprefix("/").split(":")] == [issuer, account]
    assert parse_qs(found.query, strict_parsing=True) == {"secret": ["ABCDEFGH"], "issuer": [issuer]}
