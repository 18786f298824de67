"""What a test gets for itself: a database on the tests' server, a port, a user pool at AWS to refer to."""

import asyncio
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from poolhouse.define.manifest import ReferencedAuth


def new_database(server: str, like: str = "") -> str:
    """The address of another database on that server: an empty one, or a copy of one to which nobody is connected."""
    name = f"test_{secrets.token_hex(8)}"
    template = f' TEMPLATE "{urlsplit(like).path[1:]}"' if like else ""
    with ThreadPoolExecutor(1) as thread:  # away from the loops of the asynchronous tests
        thread.submit(asyncio.run, _execute(server, f'CREATE DATABASE "{name}"{template}')).result()
    return urlsplit(server)._replace(path=f"/{name}").geturl()


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def referenced_pool(region: str = "eu-central-1", account: str = "111122223333", **more: Any) -> ReferencedAuth:
    """A user pool at AWS with a client, an identity pool and its roles."""
    return ReferencedAuth(
        region=region,
        user_pool_id=f"{region}_AbCdEfGhI",
        user_pool_client_id="1h57kf5cpq17m0eml12example",
        identity_pool_id=f"{region}:1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f",
        auth_role_arn=f"arn:aws:iam::{account}:role/authed",
        unauth_role_arn=f"arn:aws:iam::{account}:role/guests",
        **more,
    )
