"""Messages in the outbox, without any operation that causes them."""

from poolhouse.crypto.vault import Vault
from poolhouse.messages import compose, outbox
from poolhouse.messages.compose import Message, Occasion
from poolhouse.messages.contacts import Contact
from poolhouse.messages.outbox import Content
from poolhouse.store import messages, pools
from poolhouse.store.messages import Letter
from poolhouse.store.pools import Pool
from poolhouse.store.settings import PoolSettings

VAULT = Vault(bytes(32))
POOL = Pool("us-east-1_Abc", "us-east-1", "people", PoolSettings(), 0, 0)
SIGN_UP = Occasion("SignUp", "client")
BEGIN = 1_000_000
HOUR = 3_600_000_000
ADA = "ada@example.com"
PHONE = "+15551234567"


def email(address: str = ADA) -> Contact:
    return Contact("email", address)


def phone(number: str = PHONE) -> Contact:
    return Contact("phone_number", number)


def message(code: str = "123456", to: Contact | None = None, pool: Pool = POOL) -> Message:
    return compose.verification(pool, "sign_up", code, "ada", to or email(), SIGN_UP)


async def with_pool(database, settings: PoolSettings | None = None) -> None:
    async with database.write() as tx:
        await pools.add(tx, POOL._replace(settings=settings or POOL.settings))


async def post(
    database, number: int = 0, to: Contact | None = None, username: str = "ada", expires: int = 24 * HOUR
) -> None:
    """One message, created at BEGIN and so many microseconds."""
    made = compose.verification(POOL, "sign_up", f"{number:06d}", username, to or email(), SIGN_UP)
    async with database.write() as tx:
        await outbox.put(tx, VAULT, POOL.id, username, made, BEGIN + number, expires)


async def waiting(database) -> list[Letter]:
    """What is in the outbox, held by somebody or not; anybody may take it afterwards."""
    async with database.write() as tx:
        letters = await messages.claim(tx, 1 << 62, 0, 1000)
        for letter in letters:
            await messages.hold(tx, letter, 0, letter.tries)
    return letters


def letter(destination: str = ADA, medium: str = "EMAIL") -> Letter:
    return Letter(7, POOL.id, "ada", destination, medium, "sign_up", b"", BEGIN)


def content(subject: str = "Hello", body: str = "Your code is 123456", *, is_html: bool = False) -> Content:
    return Content(subject, body, "123456", is_html)
