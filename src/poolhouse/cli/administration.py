"""A short visit to a database as its administrator: commands ask the operations through the gate, as root."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from poolhouse import service_model
from poolhouse.access.principals import Root
from poolhouse.app import clock
from poolhouse.cli.options import Where
from poolhouse.config import Settings, load, names_database
from poolhouse.crypto.codes import new_uuid
from poolhouse.crypto.vault import Vault
from poolhouse.define.evaluation import FIRST
from poolhouse.define.manifest import ReferencedAuth
from poolhouse.define.project import elsewhere
from poolhouse.define.words import advice as nearest
from poolhouse.errors import (
    LivesAtAws,
    NotFoundInDatabase,
    ProjectError,
    RefusedCommand,
    ServiceError,
    SettingError,
    UserError,
    UserNotFoundException,
)
from poolhouse.messages.route import senders
from poolhouse.operations import audit, families
from poolhouse.operations.audit import Cause
from poolhouse.operations.backend import referenced
from poolhouse.operations.backend.master_key import check_master_key
from poolhouse.operations.context import Services
from poolhouse.operations.cpu_threads import CpuThreads
from poolhouse.operations.gate import call
from poolhouse.operations.remote.advice import advice
from poolhouse.operations.remote.described import row
from poolhouse.store import pools
from poolhouse.store.database import Transaction, open_database
from poolhouse.store.pools import Pool

T = TypeVar("T")
_SERVICE = "cognito-idp"
_IN_SERVER = "This pool's triggers run in the server: send the request there, with the AWS CLI's --endpoint-url."
_NOBODY = (
    "A user is named by username, sub or an address to sign in with: poolhouse users list --filter 'email ^= \"a\"'."
)


class Administration:
    """Asks on behalf of the person at the keyboard."""

    def __init__(self, services: Services, where: Where) -> None:
        assert families.served()
        self.services = services
        self._where = where
        self._pool_id: str | None = None

    async def ask(self, name: str, **request: Any) -> dict[str, Any]:
        """The answer of an operation as plain data. Raises RefusedCommand."""
        operation = service_model.operation(_SERVICE, name)
        assert operation is not None, name
        settings = self.services.settings
        region = str(request.get("UserPoolId", "")).rpartition("_")[0] or settings.region
        try:
            struct = service_model.from_params(operation, request)
            root = Root(account_id=settings.account_id, region=region)
            answer = await call(self.services, root, operation, struct, request_id=new_uuid(), way="cli")
        except ServiceError as error:
            hint = await self._hint(error, name, request)
            raise RefusedCommand(error.code, error.message.strip(), resolution=hint) from error
        found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
        return found

    async def _hint(self, error: ServiceError, name: str, request: dict[str, Any]) -> str:
        """What to do instead, where that is known."""
        pool = self.services.remote.of(str(request.get("UserPoolId", "")))
        if pool is not None and isinstance(error, LivesAtAws):
            from botocore import xform_name

            return there(pool.reference, xform_name(name, "-"))
        if pool is not None and (text := advice(error)):
            return text
        if pool is None and error.code == "UnexpectedLambdaException":
            return _IN_SERVER
        if isinstance(error, UserNotFoundException):
            return _NOBODY
        return await self._groups_there(error, request)

    async def _groups_there(self, error: ServiceError, request: dict[str, Any]) -> str:
        """What to write instead of a group that is not there."""
        if error.message != "Group not found." or "GroupName" not in request:
            return ""
        pool = request["UserPoolId"]
        names = [group["GroupName"] for group in await self.every("ListGroups", "Groups", UserPoolId=pool)]
        return nearest(request["GroupName"], names) if names else "The pool has no groups."

    async def did(self, tx: Transaction, operation: str, subject: str = "", **request: Any) -> None:
        """Record what is done in this transaction without an operation of AWS's."""
        services = self.services
        await audit.operator_did(
            tx,
            services.vault,
            services.clock(),
            principal=Root(account_id=services.settings.account_id, region="").arn,
            operation=operation,
            subject=subject,
            pool_id=self._pool_id or "",
            request=request,
        )

    async def cause(self, source: str) -> Cause:
        """Of a command that changes many things in the chosen pool: what the record of each says of the command."""
        root = Root(account_id=self.services.settings.account_id, region="")
        return audit.operators_cause(root.arn, await self.pool_id(), new_uuid(), From=source)

    async def of_pool(self, name: str, **request: Any) -> dict[str, Any]:
        """The same, of the pool that was chosen."""
        return await self.ask(name, UserPoolId=await self.pool_id(), **request)

    async def every(self, name: str, member: str, **request: Any) -> list[dict[str, Any]]:
        """All pages of a list. `member` is what the answer calls the list."""
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = await self.ask(name, **request, **token)
            found += page[member]
            token = {key: value for key, value in page.items() if key in ("NextToken", "PaginationToken")}
            if not token:
                return found

    async def every_of_pool(self, name: str, member: str, **request: Any) -> list[dict[str, Any]]:
        """The same, of the pool that was chosen."""
        return await self.every(name, member, UserPoolId=await self.pool_id(), **request)

    async def every_pool(self) -> list[dict[str, Any]]:
        return await self.every("ListUserPools", "UserPools", MaxResults=60)

    async def at_aws(self) -> list[str]:
        """The ids of the pools at AWS that the definitions refer to; AWS is not asked."""
        return [each.user_pool_id for each in await referenced.noted(self.services)]

    async def is_at_aws(self) -> bool:
        """Whether the chosen pool is. Raises NotFoundInDatabase."""
        return self.services.remote.of(await self.pool_id()) is not None

    async def pool_id(self) -> str:
        """Raises NotFoundInDatabase."""
        if self._pool_id is None:
            self._pool_id = await self._chosen(self._where.pool)
        return self._pool_id

    async def pool(self, instead: str = "describe-user-pool") -> Pool:
        """The row of the chosen pool. Raises UserError for one at AWS; `instead` is what the AWS CLI calls it there."""
        found = await self.pool_id()
        if (remote := self.services.remote.of(found)) is not None:
            raise UserError(
                f"The user pool {found} is at AWS, and this command works on a pool in the database alone.",
                resolution=there(remote.reference, instead),
            )
        async with self.services.database.read() as tx:
            return await pools.get(tx, found)

    async def described(self) -> Pool:
        """The row of the chosen pool; of one at AWS what its description says. Raises RefusedCommand."""
        remote = self.services.remote.of(await self.pool_id())
        return (
            await self.pool() if remote is None else row(remote, (await self.of_pool("DescribeUserPool"))["UserPool"])
        )

    async def _chosen(self, wanted: str | None) -> str:
        at_aws = {each.user_pool_id: each for each in await referenced.noted(self.services)}
        known = [*await self.every_pool(), *({"Id": name, "Name": "at AWS"} for name in at_aws)]
        shown = ", ".join(f"{pool['Name']} ({pool['Id']})" for pool in known)
        fits = [pool["Id"] for pool in known if wanted in (None, pool["Id"], pool["Name"])]
        if len(fits) == 1:
            if fits[0] in at_aws:
                await referenced.refer(self.services, at_aws[fits[0]])
            return str(fits[0])
        if not known:
            raise NotFoundInDatabase(
                f"The database has no user pool in {self.services.settings.region}.",
                resolution="Run poolhouse dev once, or name another --database or POOLHOUSE_REGION.",
            )
        if wanted is not None and not fits:
            raise NotFoundInDatabase(f"There is no user pool {wanted}.", resolution=f"Choose one of: {shown}.")
        what = "several user pools" if wanted is None else f"more than one user pool called {wanted}"
        raise NotFoundInDatabase(f"There are {what}.", resolution=f"Say which with {self._where.option}ID: {shown}.")


def there(reference: ReferencedAuth, command: str) -> str:
    """What to type for a pool at AWS; `command` is the AWS CLI's name of an operation."""
    return f"Run: aws cognito-idp {command} --user-pool-id {reference.user_pool_id} --region {reference.region}"


def visit(where: Where, work: Callable[[Administration], Awaitable[T]]) -> T:
    """Open the database, work, close it. Raises UserError."""
    return asyncio.run(_visit(opened(where), where, work))


def opened(where: Where) -> Settings:
    """What a command works with on a database that is there. Raises UserError."""
    _require_project(where)
    settings = load("dev", where.project, {"database": where.database})
    _require_file(settings)
    return settings


def _require_project(where: Where) -> None:
    """In a wrong folder the settings would begin the state of a new project."""
    known = where.database is not None or names_database() or (where.project / ".poolhouse" / "dev.db").exists()
    if not known and not (where.project / FIRST).is_file():
        folder = where.project.resolve()
        raise ProjectError(
            f"There is no database of a project in {folder}, because there is no {FIRST}.",
            resolution=f"{elsewhere(folder)} --database names any other database.",
        )


def _require_file(settings: Settings) -> None:
    """A mistyped name must not leave an empty database behind."""
    path = settings.database.partition("sqlite:///")[2]
    if path and not Path(path).exists():
        raise SettingError(
            f"There is no database {path}.",
            resolution="Run poolhouse dev once, which makes it, or name another one with --database.",
        )


async def _visit(settings: Settings, where: Where, work: Callable[[Administration], Awaitable[T]]) -> T:
    gc.enable()  # `main` switched it off for the start; a file may be long
    database, vault = open_database(settings.database), Vault(settings.master_key)
    with CpuThreads(2) as cpu:
        services = Services(
            settings=settings,
            database=database,
            vault=vault,
            clock=clock,
            cpu=cpu,
            delivers=frozenset(senders(settings, database)),
        )
        try:
            await database.start()
            await check_master_key(database, vault)
            return await work(Administration(services, where))
        except ServiceError as error:
            raise RefusedCommand(error.code, error.message.strip()) from error
        finally:
            services.remote.close()
            await database.stop()
