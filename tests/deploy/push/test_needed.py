"""The policy for the pushing person: it covers what a push asks for, names one app, and is what the docs print."""

import json
import re

from emulator.ministack import ROOT

from poolhouse.define.manifest import Auth, Function, Manifest, SecretRef
from poolhouse.deploy.push import bucket, drift, ending, guard, needed, run, secrets, stacks
from poolhouse.deploy.push.environments import environment

CALLED_OTHERWISE = {
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "PutBucketEncryption": "PutEncryptionConfiguration",
}


def allowed(document: dict) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


def recorded(account) -> set[str]:
    """Fills with the permissions that the account's clients need for what they are asked."""
    found: set[str] = set()

    def note(service: str):
        def before(model, **_: object) -> None:
            found.add(f"{service}:{CALLED_OTHERWISE.get(model.name, model.name)}")

        return before

    clients = {"cloudformation": account.cloudformation, "s3": account.s3, "ssm": account.ssm}
    for service, client in (*clients.items(), ("cognito-idp", account.cognito)):
        client.meta.events.register("before-call", note(service))
    return found


def test_it_covers_a_life_of_an_environment(world, template):
    """Push, refusal, drift, protection, end: every call is in the policy."""
    account = world.account
    asked = recorded(account)
    bucket.ensure(account, f"code-{account.id}")
    bucket.template_url(account, f"code-{account.id}", b"{}")
    stack = world.push(template)
    del template["Resources"]["Editors"]
    plan = world.propose(template)
    guard.dangers(account, plan, stacks.resources(account, world.name), stacks.template(account, world.name))
    guard.estimated_users(account, stack.outputs["UserPoolId"])
    run.protect(account, stack, on=True)
    drift.detect(account, stack)
    ending.destroy(account, stacks.find(account, world.name), "nowhere", world.tell, delete_users=False)
    assert len(asked) > 20
    assert asked - allowed(needed.policy("shop", account.id, account.region)) == set()


def test_it_names_one_app():
    """What AWS lets a policy name begins with the app's name; nothing is allowed on everything but one status."""
    for statement in needed.policy("shop", "123456789012", "eu-central-1")["Statement"]:
        assert statement["Resource"] != ["*"] or statement["Sid"] == "DriftOfAnyStack"
        if statement["Sid"] in {"Stacks", "Code", "Secrets", "Roles", "Functions"}:
            assert all("shop" in resource for resource in statement["Resource"])
    assert not {action for action in allowed(needed.policy("a", "1", "r")) if "*" in action}


def test_the_docs_print_it():
    """Word for word, for an app named shop."""
    text = (ROOT / "docs" / "aws.md").read_text(encoding="utf-8")
    printed = re.search(r"```json\n(\{\n  \"Version\": \"2012-10-17\".*?\n\})\n```", text, re.DOTALL)
    assert json.loads(printed[1]) == needed.policy("shop", "123456789012", "eu-central-1")


def test_secrets_that_nobody_stored_are_found(account, tmp_path):
    """By the paths that functions read; their values are not asked for."""
    variables = {f"KEY_{number}": SecretRef(name=f"NAME_{number:02}") for number in range(12)}
    function = Function(name="f", entry="f.py", environment=variables)
    manifest = Manifest(version=3, auth=Auth(), functions=(function,))
    there = environment(tmp_path, "dev", "shop", region=account.region, account_id=account.id)
    account.ssm.put_parameter(Name="/poolhouse/shop/dev/NAME_03", Value="x", Type="SecureString")
    assert secrets.missing(account, there, manifest) == [
        f"/poolhouse/shop/dev/NAME_{number:02}" for number in range(12) if number != 3
    ]
