"""Where a development server runs, as commands beside it learn of it."""

import pytest

from poolhouse.cli.whereabouts import address, recorded

DATABASE, URL = "postgresql://ada:secret-Horse@db.example.com/app", "http://127.0.0.1:4501"


def test_told_while_it_runs(tmp_path):
    """Of its own database alone; the file has no password in it."""
    assert address(tmp_path, DATABASE) is None
    with recorded(tmp_path, DATABASE, URL):
        assert address(tmp_path, DATABASE) == URL
        assert address(tmp_path, "postgresql://db.example.com/other") is None
        assert "Horse" not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert address(tmp_path, DATABASE) is None
    assert list(tmp_path.rglob("*.json")) == []


def test_the_first_of_two_is_told(tmp_path):
    """The second one leaves its record alone, also when it ends."""
    with recorded(tmp_path, DATABASE, URL):
        with recorded(tmp_path, DATABASE, "http://127.0.0.1:4502"):
            assert address(tmp_path, DATABASE) == URL
        assert address(tmp_path, DATABASE) == URL


def test_what_a_killed_server_left(tmp_path):
    """A file without a lock says nothing, and the next server uses it."""
    with recorded(tmp_path, DATABASE, "http://127.0.0.1:4502"):
        (path,) = tmp_path.rglob("*.json")
        left = path.read_text()
    path.write_text(left)
    assert address(tmp_path, DATABASE) is None
    with recorded(tmp_path, DATABASE, URL):
        assert address(tmp_path, DATABASE) == URL


def test_one_file_by_two_names(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """A path of SQLite counts, not how it is written."""
    monkeypatch.chdir(tmp_path)
    with recorded(tmp_path, "sqlite:///app.db", URL):
        assert address(tmp_path, f"sqlite:///{tmp_path}/app.db") == URL
