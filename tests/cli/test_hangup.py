"""SIGHUP of a server without a certificate: `systemctl reload`, a rotated log, a closed terminal. It goes on."""

import json
import signal

import httpx
from cli.command import SERVE, ready, started, wait_for
from fresh import free_port

HANGUP_AT_FIRST_IMPORT = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "poolhouse.cli.commands":
            os.kill(os.getpid(), signal.SIGHUP)

sys.meta_path.insert(0, Finder())
"""


def told(server):
    """The lines that answer a hangup; each is one line of the log."""
    return [line for line in map(json.loads, list(server.lines)) if line["event"] == "nothing to renew"]


def test_a_server_without_a_certificate(project, tmp_path):
    """One signal is one line that says what it would be for, also one that comes while the command imports its first
    modules; many at once do no harm. `test_serve` has several.
    """
    (tmp_path / "sitecustomize.py").write_text(HANGUP_AT_FIRST_IMPORT)
    port = free_port()
    arguments = ("serve", "--project", str(project), "--database", f"sqlite:///{tmp_path}/one.db", "--port", str(port))
    with started(*arguments, cwd=project, given={**SERVE, "PYTHONPATH": str(tmp_path)}, fresh=True) as server:
        assert ready(f"http://127.0.0.1:{port}"), server.text
        assert wait_for(lambda: len(told(server)) == 1), server.text
        server.process.send_signal(signal.SIGHUP)
        assert wait_for(lambda: len(told(server)) == 2), server.text
        assert "POOLHOUSE_TLS_CERT" in told(server)[0]["why"]
        with httpx.Client() as client:
            for _ in range(200):
                server.process.send_signal(signal.SIGHUP)
                assert client.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
        assert server.end(signal.SIGTERM) == 0
    assert "Traceback" not in server.text


def test_a_closed_terminal_ends_the_development_server(project):
    """Nobody would look at it any more."""
    with started("dev", "--project", str(project), "--port", "0", cwd=project) as server:
        server.says("is ready")
        assert server.end(signal.SIGHUP) != 0
    assert "nothing to renew" not in server.text
