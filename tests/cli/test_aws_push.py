"""`push --target aws` and its companions as a person meets them: the real command against the emulator."""

import json
import re
import signal
import threading

import pytest
from cli.aws import client, define, pool_of, push, pushed, status
from cli.command import run, started, wait_for
from cli.terminal import INTERRUPT, terminal
from emulator import ministack
from emulator.faults import Refusal

HOSTED = ', "external_providers": {"callback_urls": ["https://x.de/"], "logout_urls": ["https://x.de/"], "domain_prefix": "taken"}'


def join(given: dict[str, str], pool: str, group: str) -> None:
    cognito = client(given, "cognito-idp")
    cognito.admin_create_user(UserPoolId=pool, Username="ada@example.com")
    cognito.admin_add_user_to_group(UserPoolId=pool, Username="ada@example.com", GroupName=group)


def members(given: dict[str, str], pool: str, group: str) -> int:
    return len(client(given, "cognito-idp").list_users_in_group(UserPoolId=pool, GroupName=group)["Users"])


def test_a_push_asks_and_then_tells(shop, given):
    """No is no: no stack, no bucket. Yes shows each resource and writes the clients' file; a second has nothing to do."""
    with terminal("push", "--target", "aws", cwd=shop, given=given) as screen:
        screen.answers("Are you sure you want to continue?", "n").sees("Nothing was changed.")
        assert screen.ends() == 1
    assert status(given) == ""
    assert client(given, "s3").list_buckets()["Buckets"] == []
    with terminal("push", "--target", "aws", cwd=shop, given=given) as screen:
        screen.answers("Are you sure you want to continue?", "y").sees("created UserPool")
        assert screen.ends() == 0
        assert "Create (" in screen.text
        assert "AuthenticatedRole" in screen.text
    assert status(given) == "CREATE_COMPLETE"
    assert pool_of(shop).startswith(f"{ministack.REGION}_")
    assert "Nothing to change" in pushed(shop, given)


def test_a_removed_group_with_members_is_refused(shop, given):
    """The plan is shown, the refusal names group and flag; the member is still in it. The flag lets it happen."""
    pushed(shop, given)
    pool = pool_of(shop)
    join(given, pool, "EDITORS")
    define(shop, ["ADMINS"])
    result = push(shop, given)
    assert result.returncode == 1
    assert result.stderr.startswith("PushRefused  This would delete the group EDITORS, which has 1 member")
    flag = result.stderr.rpartition("--allow-replace ")[2].strip()
    assert members(given, pool, "EDITORS") == 1
    shown = json.loads(run("plan", "--json", cwd=shop, given=given).stdout)
    assert flag in {change["logicalId"] for change in shown["changes"] if change["action"] == "delete"}
    assert "EDITORS" in shown["refused"][0]
    pushed(shop, given, "--allow-replace", flag)
    assert status(given) == "UPDATE_COMPLETE"
    groups = client(given, "cognito-idp").list_groups(UserPoolId=pool)["Groups"]
    assert [group["GroupName"] for group in groups] == ["ADMINS"]


def test_a_failed_push_begins_with_its_cause(shop, given):
    """The domain is somebody else's. The next push removes what cannot become anything, and makes it anew."""
    cognito = client(given, "cognito-idp")
    other = cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]
    cognito.create_user_pool_domain(Domain="taken-dev", UserPoolId=other)
    define(shop, ["ADMINS"], HOSTED)
    result = push(shop, given)
    assert result.returncode == 1
    assert result.stderr.startswith("PushFailed  UserPoolDomain (AWS::Cognito::UserPoolDomain) could not be created: ")
    assert "✗ UserPoolDomain  " in result.stdout
    assert "Traceback" not in result.stderr
    assert status(given) == "ROLLBACK_COMPLETE"
    shown = json.loads(run("status", "--target", "aws", "--json", cwd=shop, given=given).stdout)
    assert shown["failure"].startswith("UserPoolDomain (AWS::Cognito::UserPoolDomain): ")
    cognito.delete_user_pool_domain(Domain="taken-dev", UserPoolId=other)
    assert "never came to be (ROLLBACK_COMPLETE)" in pushed(shop, given)
    assert status(given) == "CREATE_COMPLETE"


ENDED = re.compile("<member>(?:(?!</member>).)*>CREATE_COMPLETE<.*?</member>", re.DOTALL)


class Slowly:
    """Keeps back how things ended in a stack, until it is let go. The emulator is done at once."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.polls = 0

    def __call__(self, action: str, text: str) -> str:
        if action == "DescribeStackEvents":
            self.asked.set()
            self.polls += 1
        if self.polls > 6:
            return text
        if action == "DescribeStackEvents":
            return ENDED.sub("", text)
        return text.replace("CREATE_COMPLETE<", "CREATE_IN_PROGRESS<") if action == "DescribeStacks" else text

    def hold(self) -> None:
        self.polls = -1_000_000

    def let_go(self) -> None:
        self.polls = 3


def test_a_killed_push_is_taken_up_by_the_next(shop, given, faults):
    """CloudFormation goes on; the next push follows it to the end and finds nothing left to do."""
    slowly = Slowly()
    slowly.hold()
    faults.after = slowly
    with started("push", "--target", "aws", "--yes", cwd=shop, given=given) as killed:
        assert wait_for(lambda: faults.asked.count("ExecuteChangeSet") == 1)
        assert slowly.asked.wait(30)
        assert killed.end(signal.SIGKILL) == -signal.SIGKILL
    assert not (shop / "amplify_outputs.json").exists()
    slowly.let_go()
    shown = pushed(shop, given)
    assert "Something is going on in shop-dev" in shown
    assert "(CREATE_IN_PROGRESS). Following it." in shown
    assert "✓ created UserPool" in shown
    assert "Nothing to change" in shown
    assert pool_of(shop)
    assert faults.asked.count("ExecuteChangeSet") == 1


def test_an_interrupted_push_says_that_it_goes_on(shop, given, faults):
    """Ctrl-C ends the watching only; the status is 130."""
    slowly = Slowly()
    slowly.hold()
    faults.after = slowly
    with terminal("push", "--target", "aws", "--yes", cwd=shop, given=given) as screen:
        assert wait_for(lambda: faults.asked.count("ExecuteChangeSet") == 1)
        assert slowly.asked.wait(30)
        screen.types(INTERRUPT).sees("CloudFormation goes on by itself. The same command follows it again.")
        assert screen.ends() == 130
    faults.after = lambda _action, text: text
    assert status(given) == "CREATE_COMPLETE"


def test_a_stack_that_moves_is_not_compared(shop, given, faults):
    """`plan` waits for nobody, and says what to do."""
    pushed(shop, given)
    slowly = Slowly()
    slowly.hold()
    faults.after = slowly
    result = run("plan", cwd=shop, given=given)
    assert (result.returncode, "there is nothing to compare with yet" in result.stderr) == (1, True)
    shown = run("status", "--target", "aws", cwd=shop, given=given).stdout
    assert "CREATE_IN_PROGRESS" in shown


@pytest.mark.parametrize(
    ("action", "refusal", "message"),
    [
        ("GetCallerIdentity", Refusal(403, "ExpiredToken", "expired"), "AWS refused the credentials: they are expired"),
        ("GetCallerIdentity", Refusal(403, "InvalidClientTokenId", "unknown"), "AWS does not know the access key"),
        (
            "CreateChangeSet",
            Refusal(403, "AccessDenied", ""),
            "These credentials may not cloudformation:CreateChangeSet",
        ),
    ],
)
def test_refused_credentials_are_told(shop, given, faults, action, refusal, message):
    """What, and what to do; no traceback, no stack."""
    faults.before = lambda asked, _count: refusal if asked == action else None
    result = push(shop, given)
    assert result.returncode == 1
    assert result.stderr.startswith(f"AwsError  {message}")
    assert "Do this: " in result.stderr
    assert "Traceback" not in result.stderr
    assert status(given) == ""


@pytest.mark.parametrize(
    ("missing", "more", "message"),
    [
        ("AWS_ACCESS_KEY_ID", (), "There are no AWS credentials"),
        ("AWS_DEFAULT_REGION", (), "No region is chosen"),
        ("", ("--profile", "nobody"), "The config profile (nobody) could not be found"),
        ("", ("--region", "europe"), "'europe' is no region"),
        ("", ("--env", "Prod!"), "'Prod!' cannot be the name of an environment"),
        ("", ("--database", "sqlite:///x"), "--database means nothing to --target aws"),
    ],
)
def test_what_is_missing_is_told(shop, given, faults, missing, more, message):
    """Before anything is asked of CloudFormation."""
    result = push(shop, {name: value for name, value in given.items() if name != missing}, *more)
    assert (result.returncode, message in result.stderr) == (1, True), result.stderr
    assert "Traceback" not in result.stderr
    assert [action for action in faults.asked if action != "GetCallerIdentity"] == []


def test_a_stack_of_somebody_else_is_left_alone(shop, given):
    """It bears our name and not our tags."""
    template = {"Resources": {"Log": {"Type": "AWS::Logs::LogGroup"}}}
    client(given, "cloudformation").create_stack(StackName="shop-dev", TemplateBody=json.dumps(template))
    for command in (("push", "--target", "aws", "--yes"), ("destroy", "--env", "dev", "--confirm", "dev")):
        result = run(*command, cwd=shop, given=given)
        assert (result.returncode, "was not made by Poolhouse" in result.stderr) == (1, True)
    held = client(given, "cloudformation").list_stack_resources(StackName="shop-dev")["StackResourceSummaries"]
    assert [one["LogicalResourceId"] for one in held] == ["Log"]


def test_production_is_protected_and_its_name_is_typed(shop, given):
    """Another name changes nothing; the right one ends the stack, and the users stay."""
    pushed(shop, given, "--env", "prod")
    pool = pool_of(shop)
    join(given, pool, "ADMINS")
    stack = client(given, "cloudformation").describe_stacks(StackName="shop-prod")["Stacks"][0]
    assert stack["EnableTerminationProtection"]
    with terminal("destroy", "--target", "aws", "--env", "prod", cwd=shop, given=given) as screen:
        screen.answers("Type the name of the environment (prod) to go on", "dev\r").sees("Nothing was changed.")
        assert screen.ends() == 1
    assert status(given, "shop-prod") == "CREATE_COMPLETE"
    with terminal("destroy", "--target", "aws", "--env", "prod", cwd=shop, given=given) as screen:
        screen.answers("to go on", "prod\r").sees("kept UserPool").sees(f"User pool {pool} stays")
        assert screen.ends() == 0
    assert status(given, "shop-prod") == ""
    assert members(given, pool, "ADMINS") == 1
    assert "There is no stack" in run("destroy", "--env", "prod", "--confirm", "prod", cwd=shop, given=given).stdout


def test_destroy_needs_a_name_and_somebody(shop, given):
    """No environment is meant by silence, and nobody can type without a terminal."""
    assert "--env NAME" in run("destroy", "--target", "aws", cwd=shop, given=given).stderr
    pushed(shop, given)
    result = run("destroy", "--env", "dev", cwd=shop, given=given)
    assert (result.returncode, "--confirm dev" in result.stderr) == (1, True)
    assert status(given) == "CREATE_COMPLETE"
    shown = run("destroy", "--env", "dev", "--confirm", "dev", "--delete-users", cwd=shop, given=given).stdout
    assert "are deleted with it. There is no way back." in shown
    assert client(given, "cognito-idp").list_user_pools(MaxResults=10)["UserPools"] == []


def test_status_and_drift(shop, given):
    """Not deployed, deployed, changed by hand; as a table and as JSON."""
    assert "not deployed" in run("status", "--target", "aws", cwd=shop, given=given).stdout
    pushed(shop, given)
    role = client(given, "cloudformation").describe_stack_resource(
        StackName="shop-dev", LogicalResourceId="AuthenticatedRole"
    )["StackResourceDetail"]["PhysicalResourceId"]
    client(given, "iam").update_role(RoleName=role, Description="mine now")
    define(shop, ["ADMINS", "EDITORS", "READERS"])
    shown = json.loads(run("status", "--target", "aws", "--drift", "--json", cwd=shop, given=given).stdout)
    assert (shown["status"], shown["terminationProtection"]) == ("CREATE_COMPLETE", False)
    operations = {row["name"]: row["operation"] for row in shown["resources"]}
    assert operations["UserPool"] == "No Change"
    assert "Create" in operations.values()
    (drifted,) = shown["drift"]["resources"]
    assert (drifted["logical_id"], drifted["differences"][0]["actual"]) == ("AuthenticatedRole", "mine now")
    text = run("status", "--target", "aws", "--drift", cwd=shop, given=given).stdout
    assert "became mine now" in text
    assert "│ Cognito  │ UserPool" in text


def test_offline_needs_no_account(shop):
    """The template, the table; equal bytes the second time. No colour and no AWS variable."""
    result = run("plan", "--target", "aws", "--env", "prod", "--offline", cwd=shop, given={"NO_COLOR": "1"})
    assert result.returncode == 0, result.stderr
    (path,) = (shop / "amplify" / ".build").glob("*template*.json")
    assert path.name == "template.prod.json"
    assert f"Wrote {path.relative_to(shop)}" in result.stdout
    assert "AWS::Cognito::UserPool " in result.stdout
    assert "\x1b" not in result.stdout
    before = path.read_bytes()
    shown = json.loads(run("plan", "--env", "prod", "--offline", "--json", cwd=shop).stdout)
    assert {change["action"] for change in shown["changes"]} == {"create"}
    assert shown["access"] == {}
    assert path.read_bytes() == before


def test_outputs_are_those_of_the_stack(shop, given, tmp_path):
    """Any format that suits AWS; a file with a server's address suits it not."""
    pushed(shop, given)
    folder = tmp_path / "app"
    wanted = ("--format", "json", "--format", "exports", "--format", "json-mobile")
    result = run("outputs", "--target", "aws", "--out-dir", str(folder), *wanted, cwd=shop, given=given)
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in folder.iterdir()) == [
        "amplify_outputs.json",
        "amplifyconfiguration.json",
        "aws-exports.js",
    ]
    assert "aws_cognito_identity_pool_id" in (folder / "aws-exports.js").read_text()
    mobile = json.loads((folder / "amplifyconfiguration.json").read_text())["auth"]["plugins"]["awsCognitoAuthPlugin"]
    assert mobile["CognitoUserPool"]["Default"]["PoolId"] == pool_of(shop)
    assert "Endpoint" not in mobile["CognitoUserPool"]["Default"]
    result = run("outputs", "--format", "js", cwd=shop, given=given)
    assert (result.returncode, "poolhouse_local.js would hold the addresses" in result.stderr) == (1, True)
    result = run("outputs", "--env", "prod", cwd=shop, given=given)
    assert (result.returncode, "There is no stack shop-prod" in result.stderr) == (1, True)


def test_a_failed_rollback_names_its_command(shop, given, faults):
    """The emulator's rollbacks do not fail by themselves, so the proxy tells the state."""
    pushed(shop, given)
    faults.after = lambda action, text: (
        text.replace("CREATE_COMPLETE<", "UPDATE_ROLLBACK_FAILED<") if action == "DescribeStacks" else text
    )
    result = push(shop, given)
    assert (result.returncode, "is UPDATE_ROLLBACK_FAILED" in result.stderr) == (1, True)
    assert "poolhouse push --target aws --env dev --continue-rollback" in result.stderr
    faults.after = lambda _action, text: text
    result = push(shop, given, "--continue-rollback")
    assert (result.returncode, "there is no failed rollback to continue" in result.stderr) == (1, True)
    assert status(given) == "CREATE_COMPLETE"
