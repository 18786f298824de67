"""Metrics of several workers: each on a port of its own, from the one that is set on."""

import socket

import httpx
from cli.command import SERVE, ready, run, started, wait_for


def free_ports():
    """Three, of which the last two follow each other."""
    while True:
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            one.bind(("127.0.0.1", 0))
            two.bind(("127.0.0.1", 0))
            port = two.getsockname()[1]
            if three.connect_ex(("127.0.0.1", port + 1)) != 0 and port < 60_000:
                return one.getsockname()[1], port


def asked(project, postgresql):
    """What two workers answer; None where somebody else took one of the ports meanwhile."""
    port, metrics = free_ports()
    given = SERVE | {"POOLHOUSE_METRICS_PORT": str(metrics), "POOLHOUSE_DATABASE": postgresql}
    arguments = ("serve", "--project", str(project), "--port", str(port), "--workers", "2")
    with started(*arguments, cwd=project, given=given) as server:
        if not ready(f"http://127.0.0.1:{port}") or not wait_for(lambda: server.text.count('"ready"') >= 2):
            return None
        return [httpx.get(f"http://127.0.0.1:{metrics + number}/metrics") for number in range(2)]


def test_each_worker_has_a_port(project, postgresql):
    """Both answer with the same names of metrics; together they are the whole."""
    answers = next(filter(None, (asked(project, postgresql) for _ in range(3))))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("poolhouse_calls_total" in answer.text for answer in answers)


def test_a_port_that_is_taken_is_told(project, tmp_path):
    """With what to do, and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = SERVE | {"POOLHOUSE_METRICS_PORT": str(taken.getsockname()[1])}
        database = f"sqlite:///{tmp_path}/m.db"
        arguments = ("serve", "--project", str(project), "--port", "0", "--database", database)
        result = run(*arguments, cwd=project, given=given)
    assert result.returncode == 1
    assert "POOLHOUSE_METRICS_PORT" in result.stderr
    assert "Traceback" not in result.stderr
