"""`adopt` of Gen 2 projects, with real Node and TypeScript: the page's project, one with everything, and broken ones."""

import json
import shutil
from pathlib import Path

import pytest
from cli.command import run
from clients.javascript import NODE, SCRIPTS

from poolhouse.cli.adopting.adoption import adopt
from poolhouse.cli.adopting.names import entry_from, identifier, python_path, snake
from poolhouse.define.manifest import SecretRef
from poolhouse.define.project import load
from poolhouse.errors import ProjectError

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests/adopt/gen2"
EXAMPLE = ROOT / "examples/admin-actions"
HANDLER = "amplify/data/add_user_to_group/handler.py"


def project_of(name: str, folder: Path) -> Path:
    """A copy with the TypeScript that `npm install` would have put there."""
    project = Path(shutil.copytree(FIXTURES / name, folder / name))
    (project / "node_modules").mkdir()
    (project / "node_modules" / "typescript").symlink_to(SCRIPTS / "node_modules" / "typescript")
    return project


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return project_of("admin-actions", tmp_path)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory):
    project = project_of("everything", tmp_path_factory.mktemp("everything"))
    return adopt(project, project.parent / "out", NODE)


def adopted(project: Path):
    return adopt(project, project.parent / "out", NODE)


def test_the_pages_project_gives_the_example(page, tmp_path):
    """As the page prints it, with its import of a function from the wrong file; the handler's text alone is not ours."""
    result = run("adopt", str(page), "--out", "out", "--node", str(NODE), "--yes", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert load(tmp_path / "out") == load(EXAMPLE)
    for path in (EXAMPLE / "amplify").rglob("*.py"):
        relative = path.relative_to(EXAMPLE).as_posix()
        same = (tmp_path / "out" / relative).read_text() == path.read_text()
        assert same == (relative != HANDLER), relative


def test_what_was_mended_and_what_is_missing_is_told(page):
    found = {finding.file: finding for finding in adopted(page).report.findings}
    assert found["amplify/data/resource.ts"].kind == "note"
    assert "from itself" in found["amplify/data/resource.ts"].reason
    assert found["amplify/data/add-user-to-group/handler.ts"].kind == "left"
    assert HANDLER in found["amplify/data/add-user-to-group/handler.ts"].reason


def test_an_untranslated_handler_says_so_when_it_is_called(page):
    space: dict = {}
    exec(adopted(page).texts[HANDLER], space)
    with pytest.raises(NotImplementedError, match=r"handler\.ts is not translated"):
        space["handler"]({}, None)


def test_the_adopted_project_can_stand_beside_the_old_one(page, tmp_path):
    """Without --out the Python files come to lie between the TypeScript files, and no old file changes."""
    before = {path: path.read_bytes() for path in page.rglob("*.ts")}
    result = run("adopt", str(page / "amplify"), "--node", str(NODE), "--yes", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert load(page) == load(EXAMPLE)
    assert {path: path.read_bytes() for path in page.rglob("*.ts")} == before


def test_every_option_that_has_an_equal_is_carried_over(everything):
    auth = everything.manifest.auth
    assert auth.verification.body == "Your code: {####}"
    assert auth.invitation.body == "Hello {username}, sign in with {####}."
    assert (auth.multifactor.mode, auth.multifactor.totp) == ("OPTIONAL", True)
    assert [group.name for group in auth.groups] == ["ADMINS", "EVERYONE"]
    assert auth.hosted.callback_urls == ("http://localhost:3000/",)
    assert auth.triggers == {"post_confirmation": "post-confirmation"}
    assert [(grant.function, grant.names) for grant in auth.grants] == [
        ("post-confirmation", ("addUserToGroup",)),
        ("weekly-report", ("manageUsers", "listUsers")),
    ]
    assert {one.name: one.mutable for one in auth.attributes} == {
        "email": True,
        "given_name": True,
        "custom:tenantId": False,
    }


def test_functions_keep_names_limits_entries_and_secrets(everything):
    functions = {function.name: function for function in everything.manifest.functions}
    assert set(functions) == {"post-confirmation", "weekly-report", "sweep", "list-members"}
    assert functions["weekly-report"].entry == "amplify/lib/weekly_report.py"
    first = functions["post-confirmation"]
    assert (first.timeout_seconds, first.memory_mb) == (10, 256)
    assert first.environment == {"GROUP_NAME": "EVERYONE", "API_KEY": SecretRef(name="API_KEY")}


def test_the_schema_keeps_what_is_served_and_nothing_that_leans_on_the_rest(everything):
    data = everything.manifest.data
    assert {operation.name for operation in data.operations} == {"listMembers", "startReport"}
    assert {one.name for one in data.types} == {"Member", "ListMembersFilterInput"}
    assert (data.default_mode, data.api_key_expires_in_days) == ("userPool", 30)
    assert [(access.function, access.actions) for access in data.access] == [("weekly-report", ("query",))]
    assert next(one for one in data.operations if one.name == "startReport").is_asynchronous


@pytest.mark.parametrize(
    ("file", "what"),
    [
        ("amplify/auth/resource.ts", "loginWith.externalProviders.google"),
        ("amplify/auth/resource.ts", "the grant 3 of access"),
        ("amplify/auth/post-confirmation/resource.ts", "the variable STAGE of the function post-confirmation"),
        ("amplify/data/resource.ts", "Todo of the schema"),
        ("amplify/data/resource.ts", "Listed of the schema"),
        ("amplify/data/resource.ts", "todos of the schema"),
        ("amplify/data/resource.ts", "sendReport of the schema"),
        ("amplify/data/resource.ts", "python of the schema"),
        ("amplify/data/resource.ts", "strangers of the schema"),
        ("amplify/data/resource.ts", "resolver of the schema"),
        ("amplify/data/resource.ts", "onReport of the schema"),
        ("amplify/functions/resource.ts", "the function python"),
        ("amplify/functions/resource.ts", "schedule of the function sweep"),
        ("amplify/functions/resource.ts", "layers of the function weekly-report"),
        ("amplify/storage/resource.ts", "defineStorage()"),
        ("amplify/backend.ts", "backend.auth.resources.cfnResources.cfnUserPool.policies = ..."),
        ("amplify/backend.ts", "backend.addOutput(...)"),
    ],
)
def test_everything_that_stays_behind_is_named_with_its_file_and_a_reason(everything, file, what):
    found = [one for one in everything.report.findings if (one.file, one.what) == (file, what)]
    assert len(found) == 1
    assert found[0].kind == "left"
    assert found[0].reason


def test_the_projects_code_sees_neither_environment_nor_credentials(page, tmp_path):
    """Its process has no variable of ours; what it reads of them is told."""
    text = (page / "amplify/backend.ts").read_text()
    seen = 'console.log("seen:", Object.keys(process.env).length, process.env.AWS_SECRET_ACCESS_KEY)\n'
    (page / "amplify/backend.ts").write_text(text + seen)
    result = run(
        *("adopt", str(page), "--out", "out", "--node", str(NODE), "--json", "--dry-run"),
        cwd=tmp_path,
        given={"AWS_SECRET_ACCESS_KEY": "a-secret"},
    )
    assert "seen: 0 undefined" in result.stderr
    assert "process.env.AWS_SECRET_ACCESS_KEY" in {one["what"] for one in json.loads(result.stdout)["findings"]}


@pytest.mark.parametrize(
    ("path", "text", "said", "location"),
    [
        ("backend.ts", "const = 1", "expected", "amplify/backend.ts:1"),
        ("backend.ts", 'throw new RangeError("too far")', "RangeError: too far", "amplify/backend.ts"),
        ("backend.ts", 'import "./nowhere"', r"\./nowhere is imported", "amplify/backend.ts"),
        ("backend.ts", "await Promise.resolve(1)", "without await outside", "amplify/backend.ts"),
        ("backend.ts", "process.exit(0)", "Node ended", "amplify/backend.ts"),
        ("backend.ts", "export {}", "does not call defineBackend", None),
        ("auth/resource.ts", "export const auth = addUserToGroup", "ReferenceError", "amplify/auth/resource.ts"),
        ("data/add-user-to-group/resource.ts", "export {}", "no other file exports it", "amplify/data/resource.ts"),
    ],
)
def test_a_project_that_cannot_be_read_says_where(page, path, text, said, location):
    (page / "amplify" / path).write_text(text)
    with pytest.raises(ProjectError, match=said) as told:
        adopted(page)
    assert told.value.location == location
    assert told.value.resolution


def test_without_typescript_or_node_it_says_what_to_install(page, tmp_path):
    with pytest.raises(ProjectError, match="is not a program"):
        adopt(page, tmp_path / "out", tmp_path / "node")
    (page / "node_modules" / "typescript").unlink()
    with pytest.raises(ProjectError, match="no TypeScript") as told:
        adopted(page)
    assert "npm install" in told.value.resolution
    without = run("adopt", str(page), "--out", "out", cwd=tmp_path, given={"PATH": str(tmp_path)})
    assert "no node on the PATH" in without.stderr


def test_a_typescript_without_the_compiler_s_interface_is_told_by_its_version(page):
    package = page / "node_modules" / "typescript"
    package.unlink()
    package.mkdir()
    (package / "index.js").write_text('module.exports = { version: "7.0.2" }\n')
    with pytest.raises(ProjectError, match=r"TypeScript 7\.0\.2 cannot"):
        adopted(page)


@pytest.mark.parametrize(
    ("camel", "snaked"),
    [
        ("memoryMB", "memory_mb"),
        ("verificationEmailBody", "verification_email_body"),
        ("webAuthn", "web_authn"),
        ("x", "x"),
    ],
)
def test_options_in_pythons_spelling(camel, snaked):
    assert snake(camel) == snaked


def test_names_and_paths_can_be_imported():
    assert identifier("add-user-to-group") == "add_user_to_group"
    assert identifier("2nd") == "_2nd"
    assert identifier("class") == "class_"
    assert python_path("amplify/data/add-user/resource.ts") == "amplify/data/add_user/resource.py"
    assert python_path("../shared/say-hi.ts") == "amplify/shared/say_hi.py"
    assert entry_from("amplify/a/resource.py", "amplify/a/handler.py") == "./handler.py"
    assert entry_from("amplify/a/resource.py", "amplify/b/c.py") == "../b/c.py"


def test_modules_and_handlers_outside_of_amplify_come_inside(page, tmp_path):
    """Definitions of a workspace's other folders, entries with their whole path, and one variable name in two files."""
    shared = tmp_path / "shared"
    shared.mkdir()
    call = 'export const addUserToGroup = defineFunction({ name: "other", entry: "%s" })\n' % (shared / "say-hi.ts")
    (shared / "more.ts").write_text('import { defineFunction } from "@aws-amplify/backend"\n' + call)
    backend = (page / "amplify/backend.ts").read_text().replace("  data,", "  data,\n  other,")
    (page / "amplify/backend.ts").write_text('import { addUserToGroup as other } from "../../shared/more"\n' + backend)
    functions = {one.name: one.entry for one in adopted(page).manifest.functions}
    assert functions == {"add-user-to-group": HANDLER, "other": "amplify/shared/say_hi.py"}


REFERENCE = """\
import { referenceAuth } from "@aws-amplify/backend"
import { addUserToGroup } from "../data/add-user-to-group/resource"

export const auth = referenceAuth({
  userPoolId: "eu-central-1_AbCdEfGhI",
  userPoolClientId: "1h57kf5cpq17m0eml12example",
  identityPoolId: "eu-central-1:1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f",
  authRoleArn: "arn:aws:iam::111122223333:role/authed",
  unauthRoleArn: "arn:aws:iam::111122223333:role/guests",
  groups: { ADMINS: "arn:aws:iam::111122223333:role/admins", LATE: "arn:aws:iam::111122223333:role/late" },
  access: (allow) => [
    allow.resource(addUserToGroup).to(["addUserToGroup"]),
    allow.resource(addUserToGroup).to(["flyToTheMoon"]),
  ],
})
"""


def test_a_pool_that_exists(page, tmp_path):
    """Ids, roles and groups as they are written, grants one by one; the schema's rules hold against its groups."""
    (page / "amplify/auth/resource.ts").write_text(REFERENCE)
    result = run("adopt", str(page), "--out", "out", "--node", str(NODE), "--yes", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "the grant 2 of access" in result.stdout + result.stderr
    offered = 'delegation=lambda allow: [allow.group("ADMINS").to(["addUserToGroup"])]'
    assert offered in result.stdout
    manifest = load(tmp_path / "out")
    auth = manifest.auth
    assert auth is not None
    assert auth.reference is not None
    assert auth.reference.user_pool_id == "eu-central-1_AbCdEfGhI"
    assert auth.reference.group_role_arns == {
        "ADMINS": "arn:aws:iam::111122223333:role/admins",
        "LATE": "arn:aws:iam::111122223333:role/late",
    }
    assert [(grant.function, grant.names) for grant in auth.grants] == [("add-user-to-group", ("addUserToGroup",))]
    assert [operation.name for operation in manifest.data.operations] == ["addUserToGroup"]
    path = tmp_path / "out/amplify/auth/resource.py"
    text = path.read_text()
    assert "from poolhouse import reference_auth\n" in text
    assert auth.delegation is None
    path.write_text(f"{text.rstrip().removesuffix(')')}    {offered},\n)\n")
    delegation = load(tmp_path / "out").auth.delegation
    assert [(one.group, one.names) for one in delegation.delegates] == [("ADMINS", ("addUserToGroup",))]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"eu-central-1_AbCdEfGhI"', '"x"', "user_pool_id cannot be 'x'."),
        ("role/guests", "role/authed", "are one role"),
        ('"eu-central-1_AbCdEfGhI"', "Fn.importValue('pool')", "a value of aws-cdk-lib.Fn.importValue()"),
        ('"1h57kf5cpq17m0eml12example"', "undefined", "user_pool_client_id"),
    ],
)
def test_a_pool_that_exists_is_taken_over_whole_or_not_at_all(page, old, new, told):
    """Nothing is opened for want of a pool: operations whose rules need one stay behind."""
    text = 'import { Fn } from "aws-cdk-lib"\n' + REFERENCE.replace(old, new)
    (page / "amplify/auth/resource.ts").write_text(text)
    adoption = adopted(page)
    found = {finding.what: finding.reason for finding in adoption.report.findings}
    assert (adoption.manifest.auth, adoption.manifest.data) == (None, None)
    assert told in found["referenceAuth()"]
    assert "addUserToGroup of the schema" in found


def test_names_in_a_handler_cannot_end_its_texts(page):
    """Quotes and backslashes of a path stay text."""
    odd = 'defineFunction({ name: "odd", entry: "./say \\"hi\\"\\\\n.ts" })\n'
    resource = page / "amplify/data/add-user-to-group/resource.ts"
    resource.write_text(resource.read_text() + odd)
    text = next(text for path, text in adopted(page).texts.items() if "say" in path)
    compile(text, "handler.py", "exec")
