"""What functions return, as HTTP."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.protocols.gateway.replies import BadReply, reply

JSON = (b"content-type", b"application/json")


@pytest.mark.parametrize("name", ["a b", "", "x" * 70 + ":", "Content-Length\r\n"])
def test_a_name_that_is_none_is_refused_each_time(name):
    """Names that are good are known after the first answer; others never are."""
    for _ in range(2):
        assert made(headers={"X-Good": "1", "x" * 300: "2"}).headers == [(b"x-good", b"1"), (b"x" * 300, b"2"), JSON]
        with pytest.raises(BadReply):
            made(headers={name: "1"})


def made(**members):
    return reply(json.dumps(members).encode())


@pytest.mark.parametrize(
    ("members", "status", "headers", "body"),
    [
        ({}, 200, [JSON], b""),
        ({"statusCode": "404", "body": "x"}, 404, [JSON], b"x"),
        ({"body": None, "headers": None, "multiValueHeaders": None, "isBase64Encoded": None}, 200, [JSON], b""),
        ({"body": "AAEC/w==", "isBase64Encoded": True}, 200, [JSON], b"\x00\x01\x02\xff"),
        ({"statusCode": 204, "body": "dropped"}, 204, [JSON], b""),
        ({"body": "é"}, 200, [JSON], "é".encode()),
        ({"headers": {"CONTENT-Type": "text/plain"}}, 200, [(b"content-type", b"text/plain")], b""),
        ({"headers": {"x-number": 5, "x-truth": True}}, 200, [(b"x-number", b"5"), (b"x-truth", b"true"), JSON], b""),
    ],
)
def test_answers(members, status, headers, body):
    """No member is needed; the content type is JSON where the function names none."""
    assert made(**members) == (status, headers, body)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b'"text"',
        b"[]",
        b"5",
        b'{"message":"hello"}',
        b'{"statusCode":200,"body":{"a":1}}',
        b'{"body":5}',
        b'{"statusCode":null}',
        b'{"statusCode":true}',
        b'{"statusCode":99}',
        b'{"statusCode":100}',
        b'{"statusCode":600}',
        b'{"statusCode":"2OO"}',
        b'{"statusCode":"\xc2\xb2\xc2\xb2\xc2\xb2"}',
        b'{"statusCode":200.5}',
        b'{"headers":[]}',
        b'{"headers":{"a":null}}',
        b'{"headers":{"a b":"x"}}',
        b'{"headers":{"":"x"}}',
        b'{"headers":{"a:":"x"}}',
        b'{"headers":{"a\\r\\nb":"x"}}',
        b'{"headers":{"a":"x\\r\\nset-cookie: y"}}',
        b'{"headers":{"a":"x\\ny"}}',
        b'{"headers":{"a":"\\u0000"}}',
        b'{"headers":{"a":{"b":1}}}',
        b'{"multiValueHeaders":{"a":"x"}}',
        b'{"body":"*","isBase64Encoded":true}',
        b'{"isBase64Encoded":"true"}',
        b'{"body":"\xff"}',
    ],
)
def test_what_is_no_answer(payload):
    """API Gateway answers 502 to these."""
    with pytest.raises(BadReply):
        reply(payload)


def test_an_endlessly_deep_answer_is_none():
    """It does not exhaust the server."""
    with pytest.raises(BadReply):
        reply(b'{"more":' + b"[" * 100_000)


def test_many_values_of_one_header():
    """Both members together; what is in both is there once."""
    found = made(headers={"Set-Cookie": "a=1", "X-A": "1"}, multiValueHeaders={"Set-Cookie": ["a=1", "b=2"]})
    assert found.headers == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-a", b"1"), JSON]


def test_headers_of_the_connection_are_not_the_functions():
    """Dropped, or kept under AWS's other name."""
    names = ("Connection", "Transfer-Encoding", "Content-Length", "Upgrade", "Keep-Alive", "Trailer", "TE")
    found = made(headers=dict.fromkeys(names, "x") | {"Date": "d", "Server": "s", "X-Amzn-RequestId": "r"}).headers
    assert sorted(found) == sorted(
        [
            (b"x-amzn-remapped-date", b"d"),
            (b"x-amzn-remapped-server", b"s"),
            (b"x-amzn-remapped-x-amzn-requestid", b"r"),
            JSON,
        ]
    )


@given(st.binary())
def test_any_bytes(payload):
    """Whatever a function writes is an answer or a BadReply."""
    try:
        found = reply(payload)
    except BadReply:
        return
    assert 200 <= found.status <= 599


@given(st.dictionaries(st.text(), st.text() | st.booleans() | st.integers()))
def test_any_headers(headers):
    """No header can begin another one."""
    try:
        found = made(headers=headers).headers
    except BadReply:
        return
    assert not any(b"\r" in name + value or b"\n" in name + value or b"\0" in name + value for name, value in found)
