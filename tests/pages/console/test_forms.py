"""Forms as browsers write them: what comes in comes out, and what is none is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from poolhouse.errors import PageRefusal
from poolhouse.pages.console import forms

NAMES = st.text("abcxyz-", min_size=1, max_size=8)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)
FILES = st.binary(max_size=60).filter(lambda content: b"--edge" not in content)


def request(body: bytes, kind: str) -> Request:
    """A form on its way in, in small pieces."""
    parts = [body[start : start + 7] for start in range(0, len(body), 7)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return messages.pop(0)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())], "query_string": b""}
    return Request(scope, receive)


@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=5),
    st.lists(st.tuples(NAMES, FILES), max_size=3, unique_by=lambda x: x[0]),
)
async def test_multipart(fields, files):
    """Texts to the letter, files to the byte."""
    body = b"".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode() + b"\r\n"
        for name, value in fields
        if "--edge" not in value
    )
    for name, content in files:
        head = (
            f'--edge\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\nContent-Type: text/csv\r\n\r\n'
        )
        body += head.encode() + content + b"\r\n"
    form = await forms.read(request(body + b"--edge--\r\n", "multipart/form-data; boundary=edge"), 100_000)
    assert form.pairs == [(name, value) for name, value in fields if "--edge" not in value]
    assert form.files == dict(files)


async def test_every_value_of_a_name(clock):
    form = await forms.read(request(b"a=1&a=2&b=%0D%0Ax", "application/x-www-form-urlencoded; charset=utf-8"), 100)
    assert (form["a"], form.every("a"), form["b"], form.text("b")) == ("2", ["1", "2"], "\nx", "x")


@given(
    st.binary(max_size=200), st.sampled_from(["multipart/form-data; boundary=b", "application/x-www-form-urlencoded"])
)
async def test_noise(body, kind):
    """Read or refused, never anything else."""
    with suppress(PageRefusal):
        assert isinstance(await forms.read(request(body, kind), 1000), forms.Form)


async def test_too_large():
    with pytest.raises(PageRefusal) as caught:
        await forms.read(request(b"a=" + b"1" * 200, "application/x-www-form-urlencoded"), 100)
    assert caught.value.status == 413
