"""A client whose server does not run."""

import socket

import httpx
import pytest

from poolhouse.client.wire import call


def test_the_address_and_what_to_do_are_told():
    """Below the traceback, where a person looks first; the kind of the error is httpx's, as documented."""
    with socket.socket() as silent, httpx.Client() as http:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(httpx.ConnectError) as refused:
            call(http, url, "cognito-idp", "InitiateAuth", {})
    (note,) = refused.value.__notes__
    assert note.startswith(f"No server answers at {url}. Is poolhouse dev running")
