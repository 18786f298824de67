"""What every page of the console loads beside itself."""

import re

from poolhouse.pages import icon


async def test_assets_are_there_and_kept(operator):
    """Style and script: each address is answered with its type, and may be kept for ever. The icon is that of all."""
    page = await operator.get("/users")
    found = set(re.findall(r'(?:href|src)="(/console/[^"?]+\?v=[^"]+)"', page.text))
    types = set()
    for address in found:
        answer = await operator.browser.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        types.add(answer.headers["content-type"].partition(";")[0])
    assert types == {"text/css", "text/javascript"}
    for shown in (page, await operator.get("/no-such-page")):
        assert f'<link rel="icon" href="{icon.url()}" type="image/svg+xml">' in shown.text
        assert "img-src 'self'" in shown.headers["content-security-policy"]
