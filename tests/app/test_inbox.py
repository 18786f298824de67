"""Who may read the development inbox."""

import html
import re
import time

import pytest
from app.running import PASSWORD, Running


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
def test_a_foreign_name_for_this_address_is_refused(server: Running, host: str):
    """A page whose name is made to resolve here (DNS rebinding) gets no codes."""
    for path in ("/inbox", "/inbox/messages"):
        assert server.http.get(path, headers={"host": host}).status_code == 403


def test_no_other_origin_may_read_it(server: Running):
    answer = server.http.get("/inbox/messages", headers={"origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_it_has_the_icon_of_all_pages(server: Running):
    """Its policy lets browsers load it, and the server serves it there and where browsers look unbidden."""
    page = server.http.get("/inbox")
    (address,) = re.findall(r'<link rel="icon" href="([^"]+)" type="image/svg\+xml">', page.text)
    assert "img-src 'self'" in page.headers["content-security-policy"]
    for path in (address, "/favicon.ico"):
        answer = server.http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


def test_a_link_can_be_opened(server: Running):
    """A mail that confirms with a link has the link on the page, as an address that works."""
    template = {"DefaultEmailOption": "CONFIRM_WITH_LINK"}
    login = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
    pool = server.signed("CreateUserPool", PoolName="linked", **login, VerificationMessageTemplate=template).json()
    app = server.signed("CreateUserPoolClient", UserPoolId=pool["UserPool"]["Id"], ClientName="a").json()
    client = app["UserPoolClient"]["ClientId"]
    address = "linked@example.com"
    server.public("SignUp", ClientId=client, Username=address, Password=PASSWORD).raise_for_status()
    page = ""
    for _ in range(100):
        page = server.http.get("/inbox", params={"destination": address}).text
        if "Open the link" in page:
            break
        time.sleep(0.05)
    link = html.unescape(re.search(r'<p><a href="([^"]+)">Open the link', page)[1])
    assert link.startswith(f"{server.url}/confirmUser?client_id={client}&user_name=")
    assert "Confirm your account" in server.http.get(link).text
    server.signed("DeleteUserPool", UserPoolId=pool["UserPool"]["Id"]).raise_for_status()
