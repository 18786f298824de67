"""Forms as browsers send them: bounded, decoded, each member a list. Files come in multipart forms."""

import re
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from poolhouse.errors import PageRefusal

_URL_ENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_MOST_FIELDS: Final = 2000
_BOUNDARY: Final = re.compile(r'boundary="?(?P<text>[0-9A-Za-z\'()+_,./:=?-]{1,70})"?')
_DISPOSITION: Final = re.compile(
    rb'\r\ncontent-disposition: *form-data; *name="(?P<name>[^"\r\n]{0,200})"(?P<rest>[^\r\n]*)', re.IGNORECASE
)


class Form(dict[str, str]):
    """Name -> last value; `every` has all of them, `files` the content of uploaded files."""

    def __init__(self, pairs: list[tuple[str, str]] | None = None, files: dict[str, bytes] | None = None) -> None:
        super().__init__(pairs or [])
        self.pairs = pairs or []
        self.files = files or {}

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def text(self, name: str) -> str:
        """The value without white space around it; "" when it was not sent."""
        return self.get(name, "").strip()


def query(request: Request) -> Form:
    """The query of an address. Raises PageRefusal."""
    return Form(_pairs(request.url.query))


async def read(request: Request, most_bytes: int) -> Form:
    """The form of a request. Raises PageRefusal for one that is too large or no form."""
    sent = request.headers.get("content-type", "")
    kind = sent.partition(";")[0].strip().lower()
    if kind not in {_URL_ENCODED, _MULTIPART}:
        raise PageRefusal("That form cannot be read", "It was not sent as a form.", status=415)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise PageRefusal("That is too much", f"This form takes {most_bytes // 1024} kB at most.", status=413)
    if kind == _MULTIPART:
        return _multipart(sent, bytes(body))
    try:
        return Form(_pairs(bytes(body).decode("ascii")))
    except UnicodeDecodeError as error:
        raise _unreadable() from error


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise _unreadable() from error
    return [(name, value.replace("\r\n", "\n")) for name, value in pairs]


def _multipart(content_type: str, body: bytes) -> Form:
    """RFC 7578 as browsers write it: quoted names, text in UTF-8, nothing encoded."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise _unreadable()
    delimiter = b"\r\n--" + boundary["text"].encode()
    _, *parts = (b"\r\n" + body).split(delimiter)
    if not parts or not parts.pop().startswith(b"--") or len(parts) > _MOST_FIELDS:
        raise _unreadable()
    form = Form()
    for part in parts:
        _take(form, *_part(part))
    return form


def _part(part: bytes) -> tuple[str, bool, bytes]:
    """Its name, whether it is a file, and its content."""
    head, separator, content = part.partition(b"\r\n\r\n")
    found = _DISPOSITION.search(head)
    if not separator or found is None:
        raise _unreadable()
    return _text(found["name"]), b"filename=" in found["rest"].lower(), content


def _take(form: Form, name: str, is_file: bool, content: bytes) -> None:
    if is_file:
        form.files[name] = content
    else:
        value = _text(content).replace("\r\n", "\n")
        form.pairs.append((name, value))
        form[name] = value


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise _unreadable() from error


def _unreadable() -> PageRefusal:
    return PageRefusal("That form cannot be read", "Something in it is not text. Please go back and try again.")
