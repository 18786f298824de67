"""`poolhouse seed`: makes users what a file says, and says what that changed. Running it again changes nothing."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.errors import ProjectError, RefusedCommand
from poolhouse.operations import credentials
from poolhouse.store import users

FILES: Final = ("amplify/seed.json", "amplify/seed.py")
_TIME_LIMIT_SECONDS: Final = 30.0
_CHILD: Final = (
    "import json, runpy, sys; "
    "project, source, target = sys.argv[1:]; "
    "sys.path.insert(0, project); "
    "text = json.dumps(runpy.run_path(source)['seed']()); "
    "open(target, 'w', encoding='utf-8').write(text)"
)
Outcome = Literal["created", "changed", "unchanged"]


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user as the file has him. Without a password he is invited, with a password that nobody knows."""

    username: str
    password: str | None = None
    temporary: bool = False
    attributes: dict[str, str] = {}
    groups: list[str] = []
    enabled: bool = True


class Seed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    users: list[Person]


def seed(where: Where, path: Path | None) -> list[tuple[str, Outcome]]:
    """What became of each user of the file. Raises UserError."""
    wanted = read(where.project, path)
    return visit(where, lambda administration: plant(administration, wanted))


def read(project: Path, path: Path | None) -> Seed:
    """The file, or what the function `seed` of a Python file returns. Raises ProjectError."""
    path = path or _own(project)
    try:
        text = _run(project, path) if path.suffix == ".py" else path.read_bytes()
        return msgspec.json.decode(text, type=Seed)
    except OSError as error:
        raise ProjectError(f"{path} cannot be read ({error.strerror}).", resolution="Name a file that can.") from error
    except msgspec.DecodeError as error:
        raise ProjectError(
            f"{path} is no seed: {error}.",
            resolution='It says {"users": [{"username": "...", "password": "...", "groups": ["..."], '
            '"attributes": {"name": "..."}}]}; see docs/testing.md.',
        ) from error


def _own(project: Path) -> Path:
    for name in FILES:
        if (project / name).is_file():
            return project / name
    raise ProjectError(
        f"There is no {' and no '.join(FILES)} in {project.resolve()}.",
        resolution="Write one of them, or name another file: poolhouse seed FILE",
    )


def _run(project: Path, path: Path) -> bytes:
    """What the user's function returns, from a process of its own, as with the definitions."""
    with tempfile.TemporaryDirectory(prefix="poolhouse-seed-") as folder:
        target = Path(folder) / "seed.json"
        command = [sys.executable, "-B", "-P", "-c", _CHILD, str(project.resolve()), str(path.resolve()), str(target)]
        try:
            ended = subprocess.run(  # noqa: S603 - our own interpreter
                command, stdin=subprocess.DEVNULL, stdout=2, check=False, timeout=_TIME_LIMIT_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise ProjectError(
                f"{path} took longer than {_TIME_LIMIT_SECONDS:g} seconds.", resolution="It only describes users."
            ) from error
        if ended.returncode or not target.exists():
            raise ProjectError(
                f"{path} failed.", resolution='It needs a function seed() that returns {"users": [...]}; see above.'
            )
        return target.read_bytes()


async def plant(administration: Administration, wanted: Seed) -> list[tuple[str, Outcome]]:
    """Make the users so. What the file does not name stays as it is. Raises RefusedCommand and ProjectError."""
    await _check_groups(administration, wanted)
    return [(person.username, await _Planting(administration, person).done()) for person in wanted.users]


async def _check_groups(administration: Administration, wanted: Seed) -> None:
    """Before anything is done, so that a misspelt name leaves nothing half done."""
    pool_id = await administration.pool_id()
    known = {group["GroupName"] for group in await administration.every("ListGroups", "Groups", UserPoolId=pool_id)}
    for person in wanted.users:
        for group in person.groups:
            if group not in known:
                raise ProjectError(
                    f"{person.username} is to be in {group}, which is no group of this user pool.",
                    resolution=f"Its groups are: {', '.join(sorted(known)) or 'none'}. Mend the name or define it.",
                )


@dataclass(slots=True)
class _Planting:
    """One user on the way to what the file says."""

    administration: Administration
    person: Person
    changed: bool = field(default=False)

    async def done(self) -> Outcome:
        found = await self._found()
        if found is None:
            await self._create()
            found = await self._ask("AdminGetUser")
            created = True
        else:
            created = False
            await self._attributes({each["Name"]: each["Value"] for each in found["UserAttributes"]})
        await self._password(str(found["UserStatus"]))
        await self._groups()
        if found["Enabled"] != self.person.enabled:
            await self._change("AdminEnableUser" if self.person.enabled else "AdminDisableUser")
        return "created" if created else "changed" if self.changed else "unchanged"

    async def _found(self) -> dict[str, Any] | None:
        try:
            return await self._ask("AdminGetUser")
        except RefusedCommand as error:
            if error.code != "UserNotFoundException":
                raise
            return None

    async def _create(self) -> None:
        await self._change("AdminCreateUser", UserAttributes=_listed(self._wanted()), MessageAction="SUPPRESS")

    async def _attributes(self, present: Mapping[str, str]) -> None:
        other = {name: value for name, value in self._wanted().items() if present.get(name) != value}
        if other:
            await self._change("AdminUpdateUserAttributes", UserAttributes=_listed(other))

    def _wanted(self) -> dict[str, str]:
        """Addresses are verified unless the file says otherwise; a name that is an address is one."""
        wanted = dict(self.person.attributes)
        if "@" in self.person.username:
            wanted.setdefault("email", self.person.username)
        elif self.person.username.startswith("+"):
            wanted.setdefault("phone_number", self.person.username)
        for name in ("email", "phone_number"):
            if name in wanted:
                wanted.setdefault(f"{name}_verified", "true")
        return wanted

    async def _password(self, status: str) -> None:
        if self.person.password is None:
            return
        due = "FORCE_CHANGE_PASSWORD" if self.person.temporary else "CONFIRMED"
        if status != due or not await self._fits(self.person.password):
            permanent = not self.person.temporary
            await self._change("AdminSetUserPassword", Password=self.person.password, Permanent=permanent)

    async def _fits(self, password: str) -> bool:
        services, pool = self.administration.services, await self.administration.pool()
        async with services.database.read() as tx:
            user = await users.get(tx, pool, self.person.username)
        return (await credentials.check(services, pool, user, password)).fits

    async def _groups(self) -> None:
        pool_id, name = await self.administration.pool_id(), self.person.username
        held = await self.administration.every("AdminListGroupsForUser", "Groups", UserPoolId=pool_id, Username=name)
        for group in self.person.groups:
            if group not in {each["GroupName"] for each in held}:
                await self._change("AdminAddUserToGroup", GroupName=group)

    async def _change(self, name: str, **request: Any) -> None:
        await self._ask(name, **request)
        self.changed = True

    async def _ask(self, name: str, **request: Any) -> dict[str, Any]:
        return await self.administration.of_pool(name, Username=self.person.username, **request)


def _listed(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]
