"""Who may read the development inbox."""

import pytest
from app.running import Running


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
def test_a_foreign_name_for_this_address_is_refused(server: Running, host: str):
    """A page whose name is made to resolve here (DNS rebinding) gets no codes."""
    for path in ("/inbox", "/inbox/messages"):
        assert server.http.get(path, headers={"host": host}).status_code == 403


def test_no_other_origin_may_read_it(server: Running):
    answer = server.http.get("/inbox/messages", headers={"origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
