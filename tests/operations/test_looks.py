"""SetUICustomization and GetUICustomization: the look of a pool's pages, and of one client's."""

import base64
import struct
import zlib

import pytest
from cases import each
from operations.stage import refused
from pool_rows import add_pool

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse.access.policies import PolicySet
from poolhouse.access.principals import Anonymous, RoleSession

CSS = ".submitButton-customizable { background-color: #c2410c; }"


def png(width=2, height=2) -> bytes:
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 14)) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 20 + b"\xff\xd9"


@pytest.fixture
async def pool(database, invoke):
    made = await add_pool(database)
    await invoke("CreateUserPoolDomain", {"UserPoolId": made.id, "Domain": "studio"})
    return made


@pytest.fixture
async def client(pool, invoke) -> str:
    made = await invoke("CreateUserPoolClient", {"UserPoolId": pool.id, "ClientName": "app"})
    return made["UserPoolClient"]["ClientId"]


@pytest.fixture
def set_look(invoke, pool):
    async def set_look(image=None, **more):
        sent = {"ImageFile": base64.b64encode(image).decode()} if image is not None else {}
        return (await invoke("SetUICustomization", {"UserPoolId": pool.id, **sent, **more}))["UICustomization"]

    return set_look


@pytest.fixture
def look(invoke, pool):
    async def look(client_id=None):
        named = {"ClientId": client_id} if client_id else {}
        return (await invoke("GetUICustomization", {"UserPoolId": pool.id, **named}))["UICustomization"]

    return look


async def test_nothing_is_set(look, client):
    """An empty shape."""
    assert await look() == {}
    assert await look(client) == {}


async def test_a_look_of_the_pool(set_look, look, pool, client, clock):
    """For all clients; the answer tells where the picture is and what the style sheet's version is."""
    made = await set_look(png(), CSS=CSS)
    assert (made["UserPoolId"], made["ClientId"], made["CSS"]) == (pool.id, "ALL", CSS)
    assert made["ImageUrl"].startswith(f"http://127.0.0.1:4500/login/look/{pool.id}/ALL/logo?v=")
    assert len(made["CSSVersion"]) == 14
    assert made["CreationDate"] == made["LastModifiedDate"] == clock() // 1000 / 1000
    assert await look() == await look(client) == made


async def test_a_client_of_its_own_mind(set_look, look, client):
    """The client's look takes the place of the pool's as a whole, until it is removed."""
    whole = await set_look(png(), CSS=CSS)
    own = await set_look(CSS=".label-customizable { color: red }", ClientId=client)
    assert await look(client) == own
    assert "ImageUrl" not in own
    assert await look() == whole
    assert await set_look(CSS="", ClientId=client) == {"UserPoolId": whole["UserPoolId"], "ClientId": client}
    assert await look(client) == whole


async def test_what_is_left_out_stays(set_look, look, clock):
    """An empty member removes, an absent one does not; the time of the making stays."""
    first = await set_look(png(), CSS=CSS)
    clock.advance(seconds=5)
    assert (await set_look(JPEG))["CSS"] == CSS
    second = await set_look(b"")
    assert "ImageUrl" not in second
    assert (second["CreationDate"], second["LastModifiedDate"]) == (first["CreationDate"], first["CreationDate"] + 5)
    await set_look(CSS="")
    assert await look() == {}


@each(
    "image",
    [
        b"GIF89a" + b"\0" * 20,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html>",
        png()[:20],
        png() + b"<script>",
        png(5000, 1),
        png(0, 1),
        b"\xff\xd8\xff",
        b"\x00",
    ],
)
async def test_pictures_that_are_none(set_look, look, image):
    """By what the file holds: whole PNG and JPEG files only, and not too large."""
    error = await refused(set_look(image))
    assert error.code == "InvalidParameterException"
    assert await look() == {}


async def test_limits(set_look, look):
    """128 KiB of style sheet and of picture."""
    pad = "/*" + "x" * (131_072 - len(CSS) - 4) + "*/"
    assert await set_look(CSS=CSS + pad)
    for more in ({"CSS": CSS + pad + " "}, {"image": png() + b"\0" * 131_072}):
        assert (await refused(set_look(**more))).code == "InvalidParameterException"
    assert (await look())["CSS"] == CSS + pad


@pytest.mark.parametrize("css", ["body { color: red }", "@import 'x';", ".background-customizable{background:url(x)}"])
async def test_style_sheets_that_reach_further(set_look, look, css):
    """Refused with the line."""
    await set_look(CSS=CSS)
    error = await refused(set_look(CSS=css))
    assert error.code == "InvalidParameterException"
    assert "line 1" in error.message
    assert (await look())["CSS"] == CSS


async def test_without_a_domain(database, invoke):
    """As AWS says it: pages without a domain have no look."""
    made = await add_pool(database, "NoDomain1")
    error = await refused(invoke("SetUICustomization", {"UserPoolId": made.id, "CSS": CSS}))
    assert error.message == "There has to be an existing domain associated with this user pool"
    assert (await invoke("GetUICustomization", {"UserPoolId": made.id}))["UICustomization"] == {}


async def test_what_does_not_exist(set_look, look, invoke):
    """An unknown client and an unknown pool."""
    assert (await refused(set_look(CSS=CSS, ClientId="x" * 26))).code == "ResourceNotFoundException"
    assert (await refused(look("x" * 26))).code == "ResourceNotFoundException"
    request = {"UserPoolId": "us-east-1_Nowhere00", "CSS": CSS}
    assert (await refused(invoke("SetUICustomization", request))).code == "ResourceNotFoundException"


async def test_it_goes_with_its_client_and_its_pool(set_look, look, invoke, pool, client):
    """Nothing is left of it."""
    await set_look(CSS=CSS, ClientId=client)
    await invoke("DeleteUserPoolClient", {"UserPoolId": pool.id, "ClientId": client})
    assert (await refused(look(client))).code == "ResourceNotFoundException"


@pytest.mark.parametrize("name", ["SetUICustomization", "GetUICustomization"])
async def test_who_may_not(invoke, pool, look, name):
    """Nobody without credentials, and no role without a grant."""
    stranger = RoleSession("arn:aws:iam::000000000000:role/x", "x", "x1", "000000000000", "us-east-1", PolicySet())
    for principal, code in ((Anonymous(), "MissingAuthenticationTokenException"), (stranger, "AccessDeniedException")):
        call = invoke(name, {"UserPoolId": pool.id}, principal=principal)
        assert (await refused(call)).code == code
    assert await look() == {}
