"""The container's files: what they copy exists, what they set is a setting, and `serve` accepts it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from poolhouse.config import SETTINGS, load

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "container"
IMAGE = (FOLDER / "Containerfile").read_text()
SECRETS = {
    "master_key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "root_access_key_id": "AKIAPRODUCTIONROOTKEY",
    "root_secret_access_key": "a-production-secret-of-some-length",
}


def composed(name):
    return yaml.safe_load((FOLDER / name).read_text())


def nodes(name):
    return {key: one for key, one in composed(name)["services"].items() if one["image"] == "poolhouse"}


def of_image():
    """The settings that the image makes."""
    return dict(re.findall(r"(POOLHOUSE_\w+)=(\S+)", IMAGE))


def test_the_image_copies_what_is_there():
    """Every source is in the repository, and what the package links to is among them."""
    sources = [name for line in re.findall(r"^COPY (?!--from)(.+)$", IMAGE, re.MULTILINE) for name in line.split()[:-1]]
    assert sources
    assert [name for name in sources if not (ROOT / name).exists()] == []
    linked = {path.resolve().relative_to(ROOT).parts[0] for path in (ROOT / "src").rglob("*") if path.is_symlink()}
    assert linked <= set(sources)


def test_the_image_is_bounded():
    """Not root, one volume, asked whether it is alive, ended by the signal that serve understands."""
    assert re.search(r"^USER 10001$", IMAGE, re.MULTILINE)
    assert re.findall(r"^VOLUME (.+)$", IMAGE, re.MULTILINE) == ["/data"]
    assert "/health/live" in IMAGE.partition("HEALTHCHECK")[2]
    assert "STOPSIGNAL SIGTERM" in IMAGE
    assert json.loads(re.search(r"^ENTRYPOINT (.+)$", IMAGE, re.MULTILINE)[1]) == ["poolhouse"]


@pytest.mark.parametrize("name", ["compose.sqlite.yaml", "compose.postgresql.yaml"])
def test_serve_accepts_what_compose_says(name, tmp_path):
    """With the secrets as files, and the variables that whoever starts it gives."""
    for key, text in SECRETS.items():
        (tmp_path / key).write_text(text)
    known = {setting.variable for setting in SETTINGS} | {f"{one.variable}_FILE" for one in SETTINGS if one.secret}
    for node in nodes(name).values():
        given = of_image() | node["environment"]
        assert given.keys() <= known
        given["POOLHOUSE_PUBLIC_URL"] = "https://pool.example.com"
        given["POOLHOUSE_DATABASE"] = given["POOLHOUSE_DATABASE"].replace("${POSTGRES_PASSWORD:?}", "some")
        given |= {key: str(tmp_path / Path(value).name) for key, value in given.items() if key.endswith("_FILE")}
        settings = load("serve", tmp_path, {}, given)
        assert (settings.behind_proxy, settings.host) == (True, "0.0.0.0")


@pytest.mark.parametrize("name", ["compose.sqlite.yaml", "compose.postgresql.yaml"])
def test_nodes_are_locked_down(name):
    """A root that is read only, no capability, no more rights, the project read only, time to end."""
    for node in nodes(name).values():
        assert node["read_only"] is True
        assert node["cap_drop"] == ["ALL"]
        assert node["security_opt"] == ["no-new-privileges:true"]
        assert "./project:/project:ro" in node["volumes"]
        assert int(node["stop_grace_period"].removesuffix("s")) > 15
        assert set(node["secrets"]) == set(composed(name)["secrets"]) == set(SECRETS)


def test_functions_of_a_user_of_their_own():
    """A user that the image has, and no more rights than the server needs for it."""
    ((name, more),) = composed("compose.functions.yaml")["services"].items()
    assert name in nodes("compose.sqlite.yaml")
    users = dict(re.findall(r"useradd --system --uid (\d+) .* (\w+) ", IMAGE))
    user = more["environment"]["POOLHOUSE_FUNCTION_USER"]
    assert users["10001"] == "poolhouse"
    assert user in set(users.values()) - {"poolhouse"}
    assert more["user"] == "0:0"
    assert set(more["cap_add"]) == {"DAC_OVERRIDE", "KILL", "SETGID", "SETUID"}


def test_the_versions_are_those_of_the_lock():
    """The line that makes pip's constraints of it, run as it stands there."""
    (line,) = re.findall(r"^RUN (sed .*) > constraints.txt", IMAGE, re.MULTILINE)
    made = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert all(str(Requirement(one).specifier).startswith("==") for one in made)
    named = {Requirement(one).name.lower() for one in made}
    assert {"uvicorn", "asyncpg", "boto3", "opentelemetry-sdk"} <= named
    assert "-c constraints.txt '.[all]'" in IMAGE


def test_folders_users_and_ports():
    """What compose mounts, publishes and asks is what the image has."""
    port = of_image()["POOLHOUSE_PORT"]
    assert re.search(rf"^EXPOSE {port}$", IMAGE, re.MULTILINE)
    assert f"http://127.0.0.1:{port}/health/live" in IMAGE
    for file in ("compose.sqlite.yaml", "compose.postgresql.yaml"):
        for node in nodes(file).values():
            assert node["build"] == {"context": "..", "dockerfile": "container/Containerfile"}
            assert [each for each in node["tmpfs"] if each != "/tmp"] == ["/project/.amplify:uid=10001,gid=10001"]
            assert all(each.endswith(f":{port}") for each in node.get("ports", []))
            mounted = {each.split(":")[1] for each in node["volumes"]}
            assert mounted <= {"/project", "/data"}
            given = node["environment"]
            assert all(text.rpartition("/")[2] in SECRETS for name, text in given.items() if name.endswith("_FILE"))
    assert IMAGE.count("/project") >= 3


def test_two_nodes_behind_the_proxy():
    """It asks both whether they are ready."""
    named = set(nodes("compose.postgresql.yaml"))
    assert len(named) == 2
    proxy = (FOLDER / "Caddyfile").read_text()
    assert {host for host, _ in re.findall(r"(\w+):(4500)", proxy)} == named
    assert "health_uri /health/ready" in proxy
