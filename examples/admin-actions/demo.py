"""The main job from start to end, over real HTTP: who may add a user to a group, and who may not.

Starts `poolhouse dev` on a copy of this example with a fresh SQLite database, seeds users, signs them in with SRP,
and prints what happens. Exits with 0 only when everything went as it should, and leaves no process behind.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from poolhouse.client import Client, OperationError, Session, generate_client, sign_in

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from seed import PASSWORD, ROOT_KEY, seed, user_pool  # noqa: E402 - the example's own module

GRANT = 'allow.resource(add_user_to_group).to(["addUserToGroup"])'
OTHER_GRANT = 'allow.resource(add_user_to_group).to(["getUser"])'
console = Console(highlight=False, soft_wrap=True)


class Failed(Exception):
    """Something did not go as it should."""


def main() -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="poolhouse-demo-") as folder:
        project = Path(folder)
        shutil.copytree(HERE / "amplify", project / "amplify")
        title("Start: poolhouse dev, embedded SQLite, nothing but Python")
        server = Development(project)
        try:
            run(server)
        finally:
            server.stop()
    workers = len(server.family)
    check(f"the server and its {workers} worker processes are gone", not server.survivors())
    console.print(f"\n[bold green]Everything went as it should[/bold green] ({time.monotonic() - started:.1f} s).")


def run(server: Development) -> None:
    outputs = server.outputs()
    pool_id = outputs["auth"]["user_pool_id"]
    told(f"ready in {server.seconds:.2f} s, user pool {pool_id}")
    root = user_pool(outputs, *ROOT_KEY)

    title("Seed: an admin, a member-to-be, an ordinary user")
    subs = seed(root, pool_id)
    for email, sub in subs.items():
        told(f"{email:<22} {sub}  groups {groups_of(root, pool_id, sub)}")
    member = subs["member@example.com"]

    title("Sign in with SRP: the passwords never leave this process")
    admin = sign_in(outputs, "admin@example.com", PASSWORD)
    ordinary = sign_in(outputs, "ordinary@example.com", PASSWORD)
    told(f"admin     cognito:groups {list(admin.groups)}")
    told(f"ordinary  cognito:groups {list(ordinary.groups)}")

    refusals(outputs, admin, ordinary, lambda: groups_of(root, pool_id, member), member)
    the_admin(outputs, admin, lambda: groups_of(root, pool_id, member), member)
    user = subs["ordinary@example.com"]
    without_grant(server, outputs, admin, lambda: groups_of(root, pool_id, user), user)


Groups = Callable[[], list[str]]


def refusals(outputs: dict[str, Any], admin: Session, ordinary: Session, groups: Groups, member: str) -> None:
    title("Refused: everybody but a member of ADMINS, and nothing has happened")
    callers = {
        "ordinary user, token (userPool)": generate_client(outputs, session=ordinary, auth_mode="userPool"),
        "ordinary user, default mode (iam)": generate_client(outputs, session=ordinary),
        "guest of the identity pool (iam)": generate_client(outputs),
    }
    for who, client in callers.items():
        refused(who, lambda client=client: add(client, member))
        check("the member is still in no group", groups() == [])
    for who, headers in {
        "nobody at all": {},
        "a forged token": {"authorization": forged(admin.access_token)},
        "an invented API key": {"x-api-key": "da2-invented"},
    }.items():
        answer = post(outputs, headers, member)
        check(f"{who}: HTTP {answer.status_code} {answer.json()['errors'][0]['message']}", answer.status_code == 401)
        check("the member is still in no group", groups() == [])


def the_admin(outputs: dict[str, Any], admin: Session, groups: Groups, member: str) -> None:
    title("The admin: the printed call, once under the default mode and once with his token")
    client = generate_client(outputs, session=admin)
    told(f"client.mutations.add_user_to_group(userId={member!r}, groupName='ADMINS')")
    result = add(client, member)
    status = json.loads(result)["ResponseMetadata"]["HTTPStatusCode"]
    check(f"the handler ran and returned boto3's response (HTTP {status})", status == 200)
    check(f"the member is in {groups()}", groups() == ["ADMINS"])
    add(generate_client(outputs, session=admin, auth_mode="userPool"), member)
    check("the same with the user pool token, and once more changes nothing", groups() == ["ADMINS"])


def without_grant(server: Development, outputs: dict[str, Any], admin: Session, groups: Groups, user: str) -> None:
    title("The grant: the same handler, its grant exchanged for getUser")
    server.edit("amplify/auth/resource.py", GRANT, OTHER_GRANT)
    client = generate_client(outputs, session=admin)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            add(client, user)
        except OperationError as error:
            check(f"{error.type}: {error}", "AccessDeniedException" in str(error))
            check("the guard let the admin in, the missing grant stopped his function", groups() == [])
            return
        raise Failed("the function kept a permission that it no longer has")
    raise Failed("the edited definitions were not loaded")


def add(client: Client, user: str) -> Any:
    return client.mutations.add_user_to_group(userId=user, groupName="ADMINS")


def refused(who: str, call: Callable[[], Any]) -> None:
    try:
        call()
    except OperationError as error:
        check(f"{who}: HTTP {error.status} {error.type}: {error}", True)
        return
    raise Failed(f"{who} was let in")


def forged(token: str) -> str:
    """The admin's token with the last part of another signature."""
    head, payload, signature = token.split(".")
    return f"{head}.{payload}.{signature[::-1]}"


def post(outputs: dict[str, Any], headers: dict[str, str], member: str) -> httpx.Response:
    query = f'mutation {{ addUserToGroup(userId: "{member}", groupName: "ADMINS") }}'
    return httpx.post(outputs["data"]["url"], json={"query": query}, headers=headers)


def groups_of(root: Any, pool_id: str, username: str) -> list[str]:
    answer = root.admin_list_groups_for_user(UserPoolId=pool_id, Username=username)
    return [group["GroupName"] for group in answer["Groups"]]


class Development:
    """A `poolhouse dev` process and everything that it started."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._log = project / "dev.log"
        began = time.monotonic()
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", "poolhouse", "dev", "--project", str(project), "--port", "0"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._wait()
        self.seconds = time.monotonic() - began

    def _wait(self) -> None:
        path = self._project / "amplify_outputs.json"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            if path.exists():
                origin = self.outputs()["data"]["url"].removesuffix("/graphql")
                try:
                    if httpx.get(f"{origin}/health/ready").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
            time.sleep(0.02)
        raise Failed(f"the server did not start:\n{self._log.read_text()}")

    def outputs(self) -> dict[str, Any]:
        return json.loads((self._project / "amplify_outputs.json").read_text(encoding="utf-8"))

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a definition and wait until the server says that it has reloaded."""
        path = self._project / name
        before = self._log.read_text().count("Reloaded")
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        began = time.monotonic()
        while time.monotonic() - began < 10:
            if self._log.read_text().count("Reloaded") > before:
                told(f"edited {name}; reloaded in {time.monotonic() - began:.2f} s")
                return
            time.sleep(0.02)
        raise Failed(f"the server did not reload:\n{self._log.read_text()}")

    def stop(self) -> None:
        self.family = descendants(self._process.pid)
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=20)

    def survivors(self) -> list[int]:
        """Processes that the server had started and that still run."""
        return [pid for pid in self.family if Path(f"/proc/{pid}").exists()]


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            found += [child, *descendants(child)]
    return found


def title(text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def told(text: str) -> None:
    console.print(f"  {text}", markup=False)


def check(what: str, holds: bool) -> None:
    if not holds:
        raise Failed(what)
    console.print("  [green]ok[/green]  ", end="")
    console.print(what, markup=False)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        console.print(f"\n[bold red]Not as it should be:[/bold red] {failure}")
        sys.exit(1)
