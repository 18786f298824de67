"""What a plan says about who is let in."""

import json
from pathlib import Path
from shutil import copytree, ignore_patterns

from cli.command import run
from deploy.rich import ENVIRONMENT, RICH
from msgspec.structs import replace

from poolhouse.define import project
from poolhouse.define.manifest import Manifest
from poolhouse.deploy.opened import Opened, opened
from poolhouse.deploy.synthesis import Environment, synthesise

EXAMPLES = Path(__file__).parents[2] / "examples"


def rows(manifest: Manifest) -> dict[str, tuple[str, ...]]:
    found = opened(manifest, synthesise(manifest, ENVIRONMENT).template)
    assert all(isinstance(row, Opened) for row in found)
    return dict(found)


def test_the_example() -> None:
    """The mutation is for members of ADMINS, both ways; the query that only AppSync needs is not mentioned."""
    assert rows(project.load(EXAMPLES / "admin-actions")) == {
        "Mutation.addUserToGroup": ("ADMINS with a token", "ADMINS with credentials")
    }


def test_every_kind_of_caller() -> None:
    """Groups, every user, guests, keys, functions; routes by what they ask for."""
    found = rows(RICH)
    assert found["Mutation.addUserToGroup"] == (
        "ADMINS, Ops&Co with a token",
        "ADMINS, Ops&Co with credentials",
        "the function post-confirmation",
    )
    assert found["Mutation.later"] == ("every user with a token", "the function post-confirmation")
    assert found["Query.hello"] == ("guests", "whoever has the API key")
    assert found["Query.mine"] == ("every user with credentials",)
    scope = "every user with an access token of scope aws.cognito.signin.user.admin"
    assert found["AdminQueries: ANY /{proxy+}"] == (scope,)
    assert found["orders: GET /orders/{id}"] == (scope,)
    assert found["orders: GET /health"] == ("everybody",)


def test_without_scopes() -> None:
    """API Gateway then asks for ID tokens."""
    apis = tuple(replace(api, scopes=(), id_tokens="pool") for api in RICH.rest_apis)
    assert rows(replace(RICH, rest_apis=apis))["orders: GET /orders/{id}"] == ("every user with an ID token",)


def test_a_group_that_is_left_out() -> None:
    """A hand-made template whose group role lacks the policy is described as it is."""
    template = synthesise(RICH, Environment()).template
    for name in [name for name in template["Resources"] if name.startswith("PolicyGroupRoleADMINS")]:
        del template["Resources"][name]
    found = dict(opened(RICH, template))
    assert found["Query.mine"] == ("every user with credentials but those of ADMINS",)


def test_the_plan_without_an_account_says_it(tmp_path: Path) -> None:
    """In words, and as JSON for scripts."""
    folder = copytree(EXAMPLES / "admin-actions", tmp_path / "shop", ignore=ignore_patterns(".*", "__pycache__"))
    told = run("plan", "--target", "aws", "--offline", cwd=folder)
    assert told.returncode == 0, told.stderr
    assert "Who may call what\n  Mutation.addUserToGroup: ADMINS with a token; ADMINS with credentials\n" in told.stdout
    shown = json.loads(run("plan", "--target", "aws", "--offline", "--json", cwd=folder).stdout)
    assert shown["access"] == {"Mutation.addUserToGroup": ["ADMINS with a token", "ADMINS with credentials"]}
