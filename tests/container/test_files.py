"""The container's files: what they copy exists, what they set is a setting, and `serve` accepts it."""

import json
import re
from pathlib import Path

import pytest
import yaml

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


def test_two_nodes_behind_the_proxy():
    """It asks both whether they are ready."""
    named = set(nodes("compose.postgresql.yaml"))
    assert len(named) == 2
    proxy = (FOLDER / "Caddyfile").read_text()
    assert {host for host, _ in re.findall(r"(\w+):(4500)", proxy)} == named
    assert "health_uri /health/ready" in proxy
