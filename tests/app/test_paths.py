"""Which part of the server answers a path: its own parts, and beside them the APIs of the project."""

import socket

import pytest
from app.running import Running

from poolhouse.define.rest import TAKEN


def test_no_api_can_hide_a_path_of_the_server(server: Running) -> None:
    """Every first segment that the server uses is refused as an API's name or stage."""
    segments = {route.path.split("/")[1] for route in server.server._documents.routes}
    assert "{pool_id:str}" in segments or any(segment.startswith("{") for segment in segments)
    assert {segment.lower() for segment in segments if not segment.startswith("{")} <= TAKEN


@pytest.mark.parametrize("path", ["/oauth2/token/", "/health/live/", "/login/", "/inbox/"])
def test_a_slash_at_the_end_leads_nowhere_else(server: Running, path: str) -> None:
    """No redirect to an address that the request itself names, where the request and its secrets would follow."""
    for method in ("GET", "POST"):
        answer = server.http.request(method, path, headers={"host": "127.0.0.1"}, follow_redirects=False)
        assert answer.status_code == 404
        assert "location" not in answer.headers
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("host", ["[", "[::1", "a]", "[v1.x]", "127.0.0.1:port", "\xe9", "a@127.0.0.1@b"])
def test_a_host_that_is_none(server: Running, host: str) -> None:
    """It is refused like every other name that is not ours, and is no fault."""
    assert _status(server, f"GET /inbox/messages HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n") in {200, 403}


def _status(server: Running, request: str) -> int:
    """The answer to a request that no HTTP client would send."""
    address = (server.settings.host, server.http.base_url.port or 0)
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        return int(connection.recv(65536).split(b" ")[1])
