"""`poolhouse dev` as a process, on both databases."""

import json
import re
import signal
import socket
import time

import boto3
import httpx
import pytest
from cli.command import alive, gone, ready, run, started, wait_for

READY = r"is ready\. Ctrl-C ends it\.[\s\S]*Outputs"


def url(server):
    return server.says(r"Server +(http://\S+)")[1]


def dev(project, *more, fresh=False):
    return started("dev", "--project", str(project), "--port", "0", *more, cwd=project.parent, fresh=fresh)


def introspected(project):
    return json.loads((project / "amplify_outputs.json").read_text())["data"]["model_introspection"]["mutations"]


def test_it_says_where_everything_is(project, database):
    """Addresses, ids and root keys are printed, the outputs are written, and what is printed is true.

    The generated master key is readable by nobody else.
    """
    with dev(project, "--database", database, fresh=True) as server:
        server.says(READY)
        assert (project / ".poolhouse" / "master.key").stat().st_mode & 0o777 == 0o600
        assert ready(url(server))
        outputs = json.loads((project / "amplify_outputs.json").read_text())
        assert outputs["auth"]["user_pool_id"] == server.says(r"User pool +(\S+)")[1]
        assert outputs["auth"]["user_pool_client_id"] == server.says(r"App client +(\S+)")[1]
        assert outputs["auth"]["identity_pool_id"] == server.says(r"Identity pool +(\S+)")[1]
        assert outputs["data"]["url"] == url(server) + "/graphql"
        server.says(r"Root key +AKIAPOOLHOUSEDEVROOT")
        server.says(r"create group ADMINS")
        assert httpx.get(url(server) + "/inbox").status_code == 200
        assert "Traceback" not in server.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(project, database, number):
    """Ctrl-C and SIGTERM end it with status 0 and no process left, within seconds."""
    with dev(project, "--database", database) as server:
        server.says(READY)
        assert wait_for(server.family)
        workers, began = server.family(), time.monotonic()
        assert server.end(number) == 0
        assert time.monotonic() - began < 10
        assert gone(workers, 2), alive(workers)
        assert "Traceback" not in server.text


def test_a_signal_during_the_start_ends_it(project):
    """An interrupt before it is ready ends it too, without a traceback and with no process left."""
    with dev(project) as server:
        assert wait_for(server.family)
        children = server.family()
        assert server.end(signal.SIGINT) in {0, 130, -signal.SIGINT}
        assert gone(children)


def test_kill_9_leaves_no_worker(project):
    """Workers notice the death of the server that started them."""
    with dev(project) as server:
        server.says(READY)
        assert wait_for(server.family)
        workers = server.family()
        server.process.kill()
        assert gone(workers), alive(workers)


def test_a_second_start_changes_nothing(project, database):
    """The same pool, client and keys; nothing is created again. With another master key nothing is opened."""
    outputs = []
    for _ in range(2):
        with dev(project, "--database", database) as server:
            server.says(READY)
            outputs.append(json.loads((project / "amplify_outputs.json").read_text())["auth"])
            text = server.text
            assert server.end() == 0
    assert outputs[0] == outputs[1]
    assert not re.search(r"^  (create|change|remove|rename)", text, re.MULTILINE)
    (project / ".poolhouse" / "master.key").unlink()
    result = run("dev", "--project", str(project), "--port", "0", "--database", database, cwd=project)
    assert result.returncode == 1
    assert "master key is not the one" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_that_is_taken(project):
    """One clear message, status 1, no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run("dev", "--project", str(project), "--port", port, cwd=project)
    assert result.returncode == 1
    assert f"Port {port}" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


def test_broken_definitions_at_the_start(project):
    """The mistake is told with file and line, status 1."""
    place = project / "amplify" / "auth" / "resource.py"
    place.write_text(place.read_text().replace('"addUserToGroup"', '"addUserToGruop"'))
    result = run("dev", "--project", str(project), "--port", "0", cwd=project)
    assert result.returncode == 1
    assert re.search(r"amplify/auth/resource\.py:\d+", result.stderr)
    assert "addUserToGruop" in result.stderr
    assert "InvalidActionError" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_without_a_backend(tmp_path):
    """Told at once, and nothing is left in the folder."""
    result = run("dev", "--project", str(tmp_path), "--port", "0", cwd=tmp_path)
    assert result.returncode == 1
    assert "amplify/backend.py" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_good_edit_is_in_force_at_once(project):
    """C13: a changed schema reaches the API and the outputs without a restart, in about a second."""
    place = project / "amplify" / "data" / "resource.py"
    with dev(project) as server:
        server.says(READY)
        began = time.monotonic()
        place.write_text(place.read_text().replace('"addUserToGroup":', '"promote":'))
        server.says(r"Reloaded\.")
        print(f"reload took {time.monotonic() - began:.3f} s")
        assert list(introspected(project)) == ["promote"]
        answer = httpx.post(url(server) + "/graphql", json={"query": "mutation { addUserToGroup(userId: 1) }"})
        assert answer.status_code in {400, 401}


def test_a_broken_edit_keeps_the_last_good_version(project):
    """C13: the mistake is told with its place, the server goes on with what it had, and a mended file is taken."""
    place = project / "amplify" / "data" / "resource.py"
    good = place.read_text()
    with dev(project) as server:
        server.says(READY)
        place.write_text(good.replace("a.json()", "a.jason()"))
        server.says(r"amplify/data/resource\.py:\d+[\s\S]*The last good definitions stay in force")
        assert ready(url(server))
        assert list(introspected(project)) == ["addUserToGroup"]
        place.write_text(good + "\n")
        server.says(r"Reloaded\.")
        assert server.end() == 0
        assert "Traceback" not in server.text


def test_removals_are_shown_and_what_holds_users_is_kept(project):
    """A group with a member stays without --allow-destructive, and the server says so."""
    place = project / "amplify" / "auth" / "resource.py"
    place.write_text(place.read_text().replace('groups=["ADMINS"]', 'groups=["ADMINS", "EDITORS", "EMPTY"]'))
    with dev(project) as server:
        server.says(READY)
        pool = server.says(r"User pool +(\S+)")[1]
        client = boto3.client(
            "cognito-idp",
            endpoint_url=url(server),
            region_name="us-east-1",
            aws_access_key_id="AKIAPOOLHOUSEDEVROOT",
            aws_secret_access_key="poolhouse-development-secret-for-loopback",
        )
        client.admin_create_user(UserPoolId=pool, Username="e@example.com", MessageAction="SUPPRESS")
        client.admin_add_user_to_group(UserPoolId=pool, Username="e@example.com", GroupName="EDITORS")
        place.write_text(place.read_text().replace(', "EDITORS", "EMPTY"', ""))
        server.says(r"Kept: remove group EDITORS: it has members\. To do it all the same: --allow-destructive")
        server.says(r"remove group EMPTY")
        assert [g["GroupName"] for g in client.list_groups(UserPoolId=pool)["Groups"]] == ["ADMINS", "EDITORS"]
        assert server.end() == 0
    with dev(project, "--allow-destructive") as server:
        server.says(r"remove group EDITORS: it has members")
        server.says(READY)


def test_a_relative_project_works(project):
    """Functions are found when the project was named relative to the current folder: the worker imports them."""
    source, imported = project / "amplify" / "data" / "add_user_to_group" / "handler.py", project / "imported"
    source.write_text(f"{source.read_text()}\n__import__('pathlib').Path({str(imported)!r}).touch()\n")
    with started("dev", "--project", project.name, "--port", "0", cwd=project.parent) as server:
        server.says(READY)
        assert wait_for(imported.exists), server.text
        assert "ImportModuleError" not in server.text
