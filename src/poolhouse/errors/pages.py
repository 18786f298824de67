"""Requests to a page that end with a page of their own."""

from .root import PoolhouseError


class PageRefusal(PoolhouseError):
    """What a person sees instead of the page: a title, a sentence, and an HTTP status."""

    def __init__(self, title: str, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.title = title
        self.text = text
        self.status = status


class PageNotFound(PageRefusal):
    """There is no such page, or nothing of that name to show."""

    def __init__(self, text: str = "There is no page at this address.") -> None:
        super().__init__("Not found", text, status=404)
