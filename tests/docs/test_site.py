"""The documentation: it builds, its links lead somewhere, its examples are Python, and nothing public is left out."""

import ast
import json
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from poolhouse.testing import plugin

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Anchors(HTMLParser):
    """Where a page leads to, and which names it can be led to by."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = {""}
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.names.add(found.get("id") or "")
        self.links += [found["href"] or ""] if tag == "a" and "href" in found else []
        self.links += [found["src"] or ""] if tag == "img" and "src" in found else []


def test_every_page_has_its_place_in_the_navigation():
    configuration = (ROOT / "zensical.toml").read_text()
    named = re.findall(r'= "([\w-]+\.md)"', configuration)
    assert sorted(named) == sorted(path.name for path in PAGES)


def test_links_lead_somewhere(site: Path):
    """Pages, headings and pictures of our own that a page names exist."""
    pages = {page.name: Anchors(page) for page in site.glob("*.html")}
    dead = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or name == "404.html":
                continue
            target = unquote(parts.path).rsplit("/", 1)[-1] or name
            if (
                target.endswith(".html") and (target not in pages or unquote(parts.fragment) not in pages[target].names)
            ) or (not target.endswith(".html") and not (site / unquote(parts.path)).exists()):
                dead.append(f"{name}: {link}")
    assert dead == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_examples_can_be_read(path: Path):
    """Python compiles, JSON and TOML parse; what is left out is written as an ellipsis, which does too."""
    readers = {"python": ast.parse, "json": json.loads, "toml": tomllib.loads}
    for language, text in FENCE.findall(path.read_text()):
        if language in readers and "..." not in text.replace("(...)", "").replace("= ...", ""):
            readers[language](text)


def test_every_fixture_is_documented():
    fixtures = [name for name, value in vars(plugin).items() if type(value).__name__ == "FixtureFunctionDefinition"]
    page = (ROOT / "docs/testing.md").read_text()
    assert fixtures
    assert [name for name in fixtures if f"`{name}`" not in page] == []
