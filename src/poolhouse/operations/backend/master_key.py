"""The mark by which a database knows its master key, and which holds its data key."""

from poolhouse.crypto.vault import BrokenSeal, Vault
from poolhouse.errors import SettingError
from poolhouse.store.backend import add_fact, fact, lock, set_fact
from poolhouse.store.database import Database, Transaction

_FACT = "master-key"


async def check_master_key(database: Database, vault: Vault) -> None:
    """The first start leaves a sealed data key, which the vault works under from now on.

    With another master key nothing could be read and what is written would be lost: then it raises SettingError.
    """
    async with database.write() as tx:
        await add_fact(tx, _FACT, vault.new_mark())
        mark = await fact(tx, _FACT)
    assert mark is not None
    try:
        vault.unlock(mark)
    except BrokenSeal:
        raise SettingError(
            "The master key is not the one that this database was written with.",
            resolution="Give the key it had: POOLHOUSE_MASTER_KEY, or .poolhouse/master.key in dev.",
        ) from None


async def move_to(tx: Transaction, vault: Vault, master_key: bytes) -> None:
    """Seal the data key under another master key: from this commit on the old one opens the database no more.

    Raises SettingError when the database was moved to another key since this vault was unlocked.
    """
    await lock(tx, _FACT)
    mark = await fact(tx, _FACT)
    assert mark is not None
    try:
        vault.unlock(mark)
    except BrokenSeal:
        raise SettingError("The master key was changed meanwhile.", resolution="Nothing is left to do.") from None
    await set_fact(tx, _FACT, vault.mark_under(master_key))


async def is_under(database: Database, master_key: bytes) -> bool:
    """Whether the database has a mark, and this key opens it."""
    async with database.read() as tx:
        mark = await fact(tx, _FACT)
    if mark is None:
        return False
    try:
        Vault(master_key).unlock(mark)
    except BrokenSeal:
        return False
    return True


async def is_marked(database: Database) -> bool:
    """Whether the database answers and was started with a key before."""
    async with database.read() as tx:
        return await fact(tx, _FACT) is not None
