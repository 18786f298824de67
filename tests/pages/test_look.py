"""A pool's own look on its pages: logo, style sheet, and what browsers are told about both."""

import base64
import re

import pytest
from cases import each
from oauth_world import make_world
from operations.test_looks import CSS, JPEG, png


@pytest.fixture
async def world(services, invoke):
    world = await make_world(services, invoke)
    await world.stage.admin("CreateUserPoolDomain", Domain="studio")
    return world


def links(page) -> list[str]:
    """The addresses of the page's own look."""
    return list(re.findall(r'(?:href|src)="(/login/look/[^"]+)"', page.text))


async def set_look(world, image=None, **more):
    sent = {"ImageFile": base64.b64encode(image).decode()} if image else {}
    return await world.stage.admin("SetUICustomization", **sent, **more)


async def test_without_a_look_there_is_ours(world):
    """No address of a look, and our own mark."""
    page = await world.show("/login")
    assert links(page) == []
    assert "<svg" in page.text


@pytest.mark.parametrize(("image", "kind"), [(png(), "image/png"), (JPEG, "image/jpeg")])
async def test_the_logo(world, image, kind):
    """From our own origin, as the picture that it is and as nothing else."""
    await set_look(world, image)
    page = await world.show("/login")
    (address,) = links(page)
    assert "<svg" not in page.text
    logo = await world.browser.get(address)
    assert (logo.status_code, logo.content, logo.headers["content-type"]) == (200, image, kind)
    assert logo.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in logo.headers["content-security-policy"]
    assert "default-src 'none'" in logo.headers["content-security-policy"]


async def test_the_style_sheet(world):
    """Written anew, behind our own, and the page's policy stays as strict as it was."""
    plain = (await world.show("/login")).headers["content-security-policy"]
    await set_look(world, CSS=f"/* secret */ {CSS}")
    page = await world.show("/login")
    (address,) = links(page)
    assert page.text.index("/login/style.css") < page.text.index(address.replace("&", "&amp;"))
    assert page.headers["content-security-policy"] == plain
    sheet = await world.browser.get(address)
    assert sheet.headers["content-type"].startswith("text/css")
    assert ":root:root .submitButton-customizable{background-color:#c2410c}" in sheet.text
    assert "secret" not in sheet.text


async def test_a_clients_own_look(world):
    """A client's pages show its look in place of the pool's."""
    await set_look(world, png(), CSS=CSS)
    await set_look(world, CSS=".label-customizable{color:red}", ClientId=world.client)
    (address,) = links(await world.show("/login"))
    assert f"/{world.client}/" in address
    assert "color:red" in (await world.browser.get(address)).text


@pytest.mark.parametrize("path", ["/signup", "/forgotPassword", "/confirmUser"])
async def test_every_page_has_it(world, path):
    """And so has the page of an error in a form."""
    await set_look(world, png(), CSS=CSS)
    assert len(links(await world.show(path))) == 2
    assert len(links(await world.sign_in(password="wrong"))) == 2


@each(
    "address",
    [
        "/ALL/logo",
        "/ALL/style.css",
        "/none/logo",
        "/%00/logo",
        "/ALL/other",
        "/..%2f..%2fx/logo",
        "/" + "x" * 500 + "/logo",
    ],
)
async def test_addresses_of_nothing(world, address):
    """404, and nothing that browsers keep."""
    answer = await world.browser.get(f"/login/look/{world.stage.pool}{address}")
    assert answer.status_code == 404


async def test_the_classes_of_aws_are_there(world):
    """A style sheet that was written for AWS's pages finds what it styles."""
    wrong = (await world.sign_in(password="wrong")).text
    for name in (
        "background",
        "banner",
        "errorMessage",
        "inputField",
        "label",
        "redirect",
        "submitButton",
        "textDescription",
    ):
        assert f"{name}-customizable" in wrong
    await set_look(world, png())
    assert "logo-customizable" in (await world.show("/login")).text
