"""The `secret` commands: a short visit to the database, sealed with the master key."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from poolhouse.access.principals import Root
from poolhouse.app import clock
from poolhouse.config import load
from poolhouse.crypto.vault import Vault
from poolhouse.errors import InvalidSecretNameError, UserError
from poolhouse.operations import audit
from poolhouse.operations.backend.master_key import check_master_key
from poolhouse.operations.backend.specs import SECRET_PURPOSE
from poolhouse.store import secrets
from poolhouse.store.database import Transaction, open_database

T = TypeVar("T")


def check_name(name: str) -> None:
    """Raises InvalidSecretNameError."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", name):
        raise InvalidSecretNameError(
            f"{name!r} is no name for a secret.", resolution="Use letters, digits, underscore, full stop and hyphen."
        )


def put(project: Path, database: str | None, name: str, value: str) -> int:
    """The number of the new version."""

    async def work(tx: Transaction, vault: Vault) -> int:
        return await secrets.put(tx, name, vault.seal(SECRET_PURPOSE, value.encode()), clock())

    return _visit(project, database, work, "PutSecretValue", name)


def get(project: Path, database: str | None, name: str) -> str:
    async def work(tx: Transaction, vault: Vault) -> str:
        found = await secrets.find(tx, name)
        if found is None:
            raise _unknown(name)
        return vault.open(SECRET_PURPOSE, found.value).decode()

    return _visit(project, database, work, "GetSecretValue", name)


def names(project: Path, database: str | None) -> list[str]:
    async def work(tx: Transaction, _vault: Vault) -> list[str]:
        return [found.name for found in await secrets.every(tx)]

    return _visit(project, database, work)


def remove(project: Path, database: str | None, name: str) -> None:
    async def work(tx: Transaction, _vault: Vault) -> None:
        if not await secrets.remove(tx, name):
            raise _unknown(name)

    _visit(project, database, work, "DeleteSecret", name)


def _unknown(name: str) -> UserError:
    return UserError(f"There is no secret {name}.", resolution=f"Set it with: poolhouse secret set {name}")


def _visit(
    project: Path,
    database: str | None,
    work: Callable[[Transaction, Vault], Awaitable[T]],
    operation: str = "",
    subject: str = "",
) -> T:
    """What has an `operation` is recorded with it."""
    settings = load("dev", project, {"database": database})

    async def visit() -> T:
        store = open_database(settings.database)
        try:
            await store.start()
            vault = Vault(settings.master_key)
            await check_master_key(store, vault)
            async with store.write() as tx:
                found = await work(tx, vault)
                if operation:
                    root = Root(account_id=settings.account_id, region="").arn
                    await audit.operator_did(tx, vault, clock(), principal=root, operation=operation, subject=subject)
                return found
        finally:
            await store.stop()

    return asyncio.run(visit())
