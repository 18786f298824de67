"""The request log: what this process answered last, filtered, as a page and as the part that the script fetches."""

import pytest
from pages.console.console_world import hidden
from pages.console.sites import EVIL, as_operator, make_site

from poolhouse import telemetry
from poolhouse.pages.console import log
from poolhouse.telemetry import Asked


def asked(
    place: int, operation: str = "AdminGetUser", principal: str = "arn:aws:iam::0:root", result: str = "ok"
) -> Asked:
    return Asked(place * 1_000_000, "awsjson", operation, principal, result, "root", 1.25, f"id-{place}")


MANY = [
    asked(1),
    asked(2, "ListUsers"),
    asked(3, result="AccessDeniedException"),
    asked(4, principal="arn:role/Promote"),
]


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({}, [4, 3, 2, 1]),
        ({"operation": "listusers"}, [2]),
        ({"principal": "promote"}, [4]),
        ({"only": "refused"}, [3]),
        ({"only": "refused", "operation": "List"}, []),
    ],
)
def test_filters(filters, places):
    """Parts of names in either case; the newest first."""
    assert [one.at // 1_000_000 for one in log.found(MANY, **filters)] == places


def test_only_so_many_are_shown():
    assert len(log.found([asked(place) for place in range(500)])) == 100


async def test_the_page(services, invoke):
    """Every call of the page's own process, with its decision and rule; text stays text; the part is the table alone."""
    site = await as_operator(await make_site(services, invoke))
    telemetry.recent.append(asked(7, operation=EVIL, principal=EVIL, result="fault"))
    page = await site.get("/log", operation="<script>")
    assert "&lt;script&gt;alert" in page.text
    assert "<script>alert" not in page.text
    assert "00:00:07.000" in page.text
    assert "in its memory only" in page.text
    part = await site.get("/log", part="rows")
    assert "<html" not in part.text
    assert "AdminAddUserToGroup" in part.text
    assert hidden(part) == {}
    telemetry.recent.append(asked(8, operation="OnlyHere"))
    assert (
        "<th scope" not in (await site.get("/log", only="refused", operation="OnlyHere")).text.partition("<tbody>")[2]
    )
    assert "OnlyHere" in (await site.get("/log", operation="onlyhere")).text.partition("<tbody>")[2]


async def test_no_value_of_a_request_is_shown(services, invoke):
    """The log has operations and who asked; what they asked with is not in it."""
    site = await as_operator(await make_site(services, invoke))
    await site.stage.admin("AdminSetUserPassword", Username="admin@example.com", Password="Never-Shown-99x")
    assert "Never-Shown-99x" not in (await site.get("/log")).text
