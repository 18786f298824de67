"""The mark by which a database knows its master key."""

from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import SettingError
from poolhouse.store.backend import add_fact, fact
from poolhouse.store.database import Database

_FACT = "master-key"


async def check_master_key(database: Database, vault: Vault) -> None:
    """The first start leaves a sealed mark; with another key nothing could be read and what is written would be lost.

    Raises SettingError when the key is not the one that the database was written with.
    """
    async with database.write() as tx:
        await add_fact(tx, _FACT, vault.seal(_FACT, b"fits"))
        mark = await fact(tx, _FACT)
    assert mark is not None
    try:
        vault.open(_FACT, mark)
    except BrokenSeal:
        raise SettingError(
            "The master key is not the one that this database was written with.",
            resolution="Give the key it had: POOLHOUSE_MASTER_KEY, or .poolhouse/master.key in dev.",
        ) from None


async def is_marked(database: Database) -> bool:
    """Whether the database answers and was started with a key before."""
    async with database.read() as tx:
        return await fact(tx, _FACT) is not None
