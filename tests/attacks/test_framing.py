"""Attack 43 by its framing: where a strict reader sees one request or none, `poolhouse serve` sees no second one.

Every request makes a group of its own, so what was carried out is read back and not guessed from the answers.
"""

import pytest
from attacks.wire import Raw

OVERFLOW = 2**64 + 5

# What stands in the head in place of a length, and before the hidden request in the body; {all} is the length of both.
HEADS = {
    "length and chunked": ("Content-Length: {all}\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "chunked and length": ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
    "two lengths": ("Content-Length: 0\r\nContent-Length: {all}\r\n", ""),
    "list of lengths": ("Content-Length: 0, {all}\r\n", ""),
    "length with a sign": ("Content-Length: +0\r\n", ""),
    "length below nothing": ("Content-Length: -1\r\n", ""),
    "length in hexadecimal": ("Content-Length: 0x0\r\n", ""),
    "length with a space": ("Content-Length: 0 0\r\n", ""),
    "length in letters": ("Content-Length: abc\r\n", ""),
    "length without digits": ("Content-Length:\r\n", ""),
    "length that overflows": (f"Content-Length: {OVERFLOW}\r\n", "0\r\n\r\n"),
    "length before a space": ("Content-Length : 0\r\n", ""),
    "length on the next line": ("Content-Length:\r\n 0\r\n", ""),
    "unknown coding": ("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
    "quoted coding": ('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"),
    "chunked is not last": ("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
    "chunked, then another line": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
    "coding before a space": ("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
    "coding after a vertical tab": ("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"),
    "coding on the next line": ("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
    "coding after a fold": ("X-Any: x\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "header that ends with LF": ("X-Any: x\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "header with CR": ("X-Any: x\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "header with NUL": ("X-Any: x\x00y\r\nContent-Length: 0\r\n", ""),
    "header without a name": (": x\r\nContent-Length: 0\r\n", ""),
    "header without a colon": ("Content-Length 0\r\n", ""),
}

# Chunked bodies: what is not exactly as RFC 9112 section 7.1 has it.
CHUNKS = {
    "size ends with LF": "1\nx\r\n0\r\n\r\n",
    "chunk ends with LF": "1\r\nx\n0\r\n\r\n",
    "chunk ends with CR": "1\r\nx\r0\r\n\r\n",
    "chunk without an end": "1\r\nx0\r\n\r\n",
    "chunk longer than told": "1\r\nxy\r\n0\r\n\r\n",
    "size in the C way": "0x1\r\nx\r\n0\r\n\r\n",
    "size with a sign": "+1\r\nx\r\n0\r\n\r\n",
    "size below nothing": "-1\r\nx\r\n0\r\n\r\n",
    "size before a space": "1 \r\nx\r\n0\r\n\r\n",
    "size after a space": " 1\r\nx\r\n0\r\n\r\n",
    "size that overflows": "10000000000000001\r\nx\r\n0\r\n\r\n",
    "no size": "\r\nx\r\n0\r\n\r\n",
    "extension that ends with LF": "1;a\nx\r\n0\r\n\r\n",
    "extension with CR": "1;a\rb\r\nx\r\n0\r\n\r\n",
    "last chunk ends with LF": "0\n\r\n",
    "body ends with LF": "0\r\n\n",
}

LINES = {
    "no version": "POST /",
    "version 0.9": "POST / HTTP/0.9",
    "version 2": "POST / HTTP/2.0",
    "unknown version": "POST / HTTP/1.12",
    "small letters": "POST / http/1.1",
    "space at the end": "POST / HTTP/1.1 ",
    "tab": "POST\t/\tHTTP/1.1",
    "LF at the end": "POST / HTTP/1.1\nX-Any: x",
    "space before": " POST / HTTP/1.1",
    "unknown method": "PO ST / HTTP/1.1",
    "no path": "POST HTTP/1.1",
}


def refused(raw: Raw, sent: bytes, *marks: str) -> None:
    """One answer, which says 400 and closes; nothing was carried out."""
    found = raw.ask(sent, number=2)
    assert [(answer.status, answer.headers.get("connection")) for answer in found] == [(400, "close")], found
    assert raw.done(*marks) == []


@pytest.mark.parametrize("case", HEADS)
def test_a_length_that_two_readers_could_read_differently(raw: Raw, case: str) -> None:
    outer, inner = raw.mark(), raw.mark()
    framing, before = HEADS[case]
    hidden = before.encode() + raw.whole(inner)
    refused(raw, raw.head(outer, framing.replace("{all}", str(len(hidden)))) + hidden, outer, inner)


@pytest.mark.parametrize("case", CHUNKS)
def test_chunks_that_two_readers_could_read_differently(raw: Raw, case: str) -> None:
    outer, inner = raw.mark(), raw.mark()
    sent = raw.head(outer, "Transfer-Encoding: chunked\r\n") + CHUNKS[case].encode() + raw.whole(inner)
    found = raw.ask(sent, number=3)
    assert found[-1].headers.get("connection") == "close", found
    assert [answer.status for answer in found] == [400], found
    assert raw.done(outer, inner) == []


@pytest.mark.parametrize("case", LINES)
def test_a_first_line_that_is_none(raw: Raw, case: str) -> None:
    outer, inner = raw.mark(), raw.mark()
    refused(raw, raw.whole(outer, line=LINES[case]) + raw.whole(inner), outer, inner)


def test_an_old_client_s_chunks(raw: Raw) -> None:
    """HTTP/1.0 knows no chunks: a reader of that time ends the request elsewhere."""
    outer, inner = raw.mark(), raw.mark()
    head = raw.head(outer, "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n", "POST / HTTP/1.0")
    found = raw.ask(head + b"0\r\n\r\n" + raw.whole(inner))
    assert len(found) == 1
    assert found[0].headers["connection"] == "close"
    assert raw.done(inner) == []


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_request_inside_a_body_is_a_body(raw: Raw, framing: str) -> None:
    outer, inner = raw.mark(), raw.mark()
    hidden = raw.whole(inner)
    if framing == "length":
        sent = raw.head(outer, f"Content-Length: {len(hidden)}\r\n") + hidden
    else:
        sent = raw.head(outer, "Transfer-Encoding: chunked\r\n") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(hidden), hidden)
    behind = raw.mark()
    found = raw.ask(sent + raw.whole(behind), number=2)
    assert [answer.status for answer in found] == [400, 200]
    assert found[1].mark == behind
    assert raw.done(outer, inner, behind) == [behind]


@pytest.mark.parametrize("name", ["Host", "X-Amz-Target", "Content-Type", "X-Amz-Date", "Authorization"])
def test_a_trailer_is_no_header(raw: Raw, name: str) -> None:
    """What comes behind the body was not seen by whoever looked at the head, so it counts for nothing."""
    mark = raw.mark()
    found = raw.ask(raw.chunked(mark, trailer=f"{name}: evil\r\n"))
    assert [answer.mark for answer in found] == [mark], found


def test_a_trailer_does_not_sign(raw: Raw) -> None:
    """A request whose signature comes in the trailer is unsigned."""
    mark = raw.mark()
    head, _, body = raw.chunked(mark).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    (signed,) = (line for line in lines if line.lower().startswith(b"authorization:"))
    bare = b"\r\n".join(line for line in lines if line is not signed)
    (answer,) = raw.ask(bare + b"\r\n\r\n" + body.removesuffix(b"\r\n") + signed + b"\r\n\r\n")
    assert (answer.status, raw.done(mark)) == (400, [])
    assert b"MissingAuthenticationToken" in answer.body
