"""Whole requests, however they come: several in a packet, in pieces, with a body that follows; each is answered once,
in its turn, and none that came behind the last one is carried out.
"""

import contextlib
import random
import socket

import pytest
from attacks.wire import Raw, answers


def test_two_in_one_packet(raw: Raw) -> None:
    marks = [raw.mark(), raw.mark()]
    assert [answer.mark for answer in raw.ask(b"".join(map(raw.whole, marks)), number=2)] == marks


@pytest.mark.parametrize("number", [3, 40])
def test_a_pipeline_keeps_its_order(raw: Raw, number: int) -> None:
    """Lengths and chunks, refusals and other paths, in one packet."""
    sent, expected = b"", []
    for place in range(number):
        mark = raw.mark()
        kind = place % 5
        if kind == 0:
            sent, expected = sent + raw.whole(mark), [*expected, (200, mark)]
        elif kind == 1:
            sent, expected = sent + raw.chunked(mark, ext=";a=b"), [*expected, (200, mark)]
        elif kind == 2:
            sent += f"GET /health/live HTTP/1.1\r\nHost: {raw.address}\r\n\r\n".encode()
            expected.append((200, "live"))
        elif kind == 3:
            sent += raw.whole(expected[0][1])
            expected.append((400, "exists"))
        else:
            sent += f"GET /nothing/{mark} HTTP/1.1\r\nHost: {raw.address}\r\n\r\n".encode()
            expected.append((404, "path"))
    found = raw.ask(sent, number=number)
    assert [answer.status for answer in found] == [status for status, _ in expected]
    for answer, (status, told) in zip(found, expected, strict=True):
        if told.startswith("mark"):
            assert answer.mark == told
        elif status == 400:
            assert b"GroupExistsException" in answer.body


@pytest.mark.parametrize("shape", ["length", "chunked"])
def test_split_anywhere(raw: Raw, shape: str) -> None:
    """Two requests, cut in two behind every byte: the first of each pair is always the same, so it is refused."""
    old = raw.mark()
    make = raw.whole if shape == "length" else raw.chunked
    assert len(raw.ask(make(old))) == 1
    first = make(old)
    ends = len(first) + len(raw.whole(old))
    for at in [*range(1, len(first), 3), len(first), *range(len(first) + 1, ends, 41)]:
        new = raw.mark()
        sent = first + raw.whole(new)
        found = raw.ask(sent[:at], sent[at:], number=2)
        assert [answer.status for answer in found] == [400, 200], (at, found)
        assert b"GroupExistsException" in found[0].body
        assert found[1].mark == new


def test_a_byte_at_a_time(raw: Raw) -> None:
    marks = [raw.mark(), raw.mark()]
    sent = raw.whole(marks[0]) + raw.chunked(marks[1])
    assert [answer.mark for answer in raw.ask(*(sent[at : at + 1] for at in range(len(sent))), number=2)] == marks


def test_cut_at_random(raw: Raw) -> None:
    """A pipeline in pieces of any size; the seed is told when it fails."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    marks = [raw.mark() for _ in range(12)]
    sent = b"".join(chance.choice([raw.whole, raw.chunked])(mark) for mark in marks)
    cuts = sorted(chance.sample(range(1, len(sent)), 30))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert [answer.mark for answer in raw.ask(*pieces, number=12)] == marks, seed


def test_a_body_that_comes_later(raw: Raw) -> None:
    """Not answered before it is there, and answered once it is."""
    mark = raw.mark()
    head, _, body = raw.whole(mark).partition(b"\r\n\r\n")
    with raw.connect() as line:
        line.sendall(head + b"\r\n\r\n" + body[:10])
        line.settimeout(0.05)
        with pytest.raises(TimeoutError):
            line.recv(1)
        assert raw.done(mark) == []
        line.settimeout(20)
        line.sendall(body[10:])
        assert [answer.mark for answer in answers(line, 1)] == [mark]


def test_half_a_request_is_none(raw: Raw) -> None:
    """Who hangs up before the end of a body has asked for nothing."""
    for make in (raw.whole, raw.chunked):
        mark = raw.mark()
        assert raw.ask(make(mark)[:-1], number=0) == []
        assert raw.done(mark) == []


def test_expected_bodies(raw: Raw) -> None:
    """Who waits for 100 is told so once, and then answered; who does not wait is answered too."""
    mark = raw.mark()
    head, _, body = raw.whole(mark, more="Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    with raw.connect() as line:
        line.sendall(head + b"\r\n\r\n")
        assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(body)
        assert line.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
        assert [answer.mark for answer in answers(line, 1)] == [mark]
    marks = [raw.mark(), raw.mark()]
    sent = b"".join(raw.whole(one, more="Expect: 100-continue\r\n") for one in marks)
    assert [answer.mark for answer in raw.ask(sent, number=2)] == marks


def test_an_unwanted_body_is_still_a_body(raw: Raw) -> None:
    """A path that answers before it has read: the request that stands in its body is not carried out."""
    hidden, behind = raw.mark(), raw.mark()
    inner = raw.whole(hidden)
    for expect in ("", "Expect: 100-continue\r\n"):
        head = f"POST /nothing HTTP/1.1\r\nHost: {raw.address}\r\n{expect}Content-Length: {len(inner)}\r\n\r\n".encode()
        with raw.connect() as line:
            line.sendall(head)
            first = line.recv(65536)
            assert first.startswith((b"HTTP/1.1 404", b"HTTP/1.1 405")), first
            with contextlib.suppress(OSError):  # it is allowed to close instead
                line.sendall(inner + raw.whole(behind))
            assert len(answers(line, 1)) <= 1
        assert raw.done(hidden) == []


LAST = {
    "close": ("Connection: close\r\n", "POST / HTTP/1.1"),
    "close among others": ("Connection: keep-alive, Close\r\n", "POST / HTTP/1.1"),
    "version 1.0": ("", "POST / HTTP/1.0"),
    "kept alive in version 1.0": ("Connection: keep-alive\r\n", "POST / HTTP/1.0"),
}


@pytest.mark.parametrize("how", LAST)
@pytest.mark.parametrize("apart", [False, True], ids=["one packet", "two packets"])
def test_nothing_behind_the_last_request(raw: Raw, how: str, apart: bool) -> None:
    """Who says that a request is the last one has asked for no other, and is told that the connection ends."""
    more, line = LAST[how]
    mark, behind = raw.mark(), raw.mark()
    sent = raw.whole(mark, more, line), raw.whole(behind)
    found = raw.ask(*sent) if apart else raw.ask(b"".join(sent))
    assert [answer.mark for answer in found] == [mark]
    assert found[0].headers["connection"] == "close"
    assert raw.done(behind) == []


UPGRADES = ["websocket", "h2c", "TLS/1.0"]


@pytest.mark.parametrize("to", UPGRADES)
@pytest.mark.parametrize("cut", ["none", "head", "body"])
def test_nobody_is_upgraded(raw: Raw, to: str, cut: str) -> None:
    """The request is answered as if it had not asked. What a packet brings behind it is a request of its own, or the
    connection is closed: never is its second half taken for one.
    """
    mark, behind, hidden = raw.mark(), raw.mark(), raw.mark()
    inner = raw.whole(hidden)
    outer = raw.head(behind, f"Content-Length: {len(inner)}\r\n") + inner
    sent = raw.whole(mark, f"Connection: Upgrade\r\nUpgrade: {to}\r\n") + outer
    at = {"none": len(sent), "head": len(sent) - len(outer) + 20, "body": len(sent) - len(inner)}[cut]
    found = raw.ask(sent[:at], sent[at:], number=2)
    assert found[0].mark == mark
    assert raw.done(mark, hidden) == [mark]
    assert len(found) == 1


def test_an_upgrade_without_a_body(raw: Raw) -> None:
    hidden = raw.mark()
    inner = raw.whole(hidden)
    asked = f"Host: {raw.address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    outer = f"POST /nothing HTTP/1.1\r\nHost: {raw.address}\r\nContent-Length: {len(inner)}\r\n\r\n"
    with raw.connect() as line:
        line.sendall(f"GET /health/live HTTP/1.1\r\n{asked}{outer}".encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 200")
        try:
            line.sendall(inner)
            line.shutdown(1)
        except OSError:
            pass
        answers(line)
    assert raw.done(hidden) == []


def test_a_tunnel_is_refused(raw: Raw) -> None:
    hidden = raw.mark()
    found = raw.ask(f"CONNECT {raw.address} HTTP/1.1\r\nHost: {raw.address}\r\n\r\n".encode(), raw.whole(hidden))
    assert [answer.status for answer in found] == [400]
    assert raw.done(hidden) == []


@pytest.mark.parametrize("where", ["line", "one header", "many headers", "trailer"])
def test_a_head_without_end(raw: Raw, where: str) -> None:
    """It is refused long before it costs much memory."""
    piece = b"x" * 65536
    start = {
        "line": b"POST /",
        "one header": raw.head(raw.mark(), "").removesuffix(b"\r\n") + b"X-Any: ",
        "many headers": raw.head(raw.mark(), "").removesuffix(b"\r\n"),
        "trailer": raw.head(raw.mark(), "Transfer-Encoding: chunked\r\n") + b"0\r\nX-Any: ",
    }[where]
    piece = b"X-Any: x\r\n" * 6000 if where == "many headers" else piece
    sent = 0
    with raw.connect() as line:
        try:
            line.sendall(start)
            while sent < 32 * 2**20:
                line.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
    assert sent < 32 * 2**20


def test_a_fault_behind_a_request(raw: Raw) -> None:
    """What came whole is answered; then the connection ends, and nothing behind the fault is carried out."""
    marks, behind = [raw.mark(), raw.mark()], raw.mark()
    whole = b"".join(map(raw.whole, marks))
    found = raw.ask(whole + b"\x16\x03\x01 nonsense\r\n\r\n" + raw.whole(behind), number=3)
    assert [answer.mark for answer in found[:2]] == marks
    assert [answer.status for answer in found[2:]] in ([], [400])
    assert raw.done(behind) == []
