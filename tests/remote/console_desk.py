"""The operator's browser at the console of a server in front of a pool at AWS."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from remote.world import Front

from poolhouse.operations.console import links

_HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')


class Desk:
    """`open` and `send` take paths behind the pool's address."""

    def __init__(self, browser: httpx.Client, front: Front) -> None:
        self.browser = browser
        self.front = front

    def open(self, path: str, **query: str) -> httpx.Response:
        return self.browser.get(f"/console/{self.front.pool}{path}", params=query or None)

    def send(self, path: str, query: dict[str, str] | None = None, **form: str) -> httpx.Response:
        """With the proof of the session; what the page behind it says."""
        proof = re.search(r'name="csrf" value="([^"]*)"', self.browser.get("/console/pools").text)
        assert proof is not None
        data = {"csrf": proof[1], **form}
        return self.browser.post(f"/console/{self.front.pool}{path}", params=query, data=data)

    def says(self, page: httpx.Response) -> str:
        """The text of a page, without its markup."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


@contextmanager
def desk(front: Front) -> Iterator[Desk]:
    """Came in with a link."""
    services = front.running.server.services
    with httpx.Client(base_url=front.running.url, follow_redirects=True, timeout=30) as browser:
        page = browser.get(links.link(services.vault, front.running.url, services.clock()))
        browser.headers["origin"] = front.running.url
        browser.post("/console/enter", data=dict(_HIDDEN.findall(page.text)))
        yield Desk(browser, front)
