"""`python -m bench.soak --kills 200` or `--minutes 30`: the promises under kill -9, and under load for long.

Kills a server, its function's workers and its PostgreSQL at random moments, and compares after each what is there with
what was acknowledged. Or runs at a share of the machine's limit and tells how memory and latency change.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from .soak_check import Check
from .soak_ledger import Ledger, Wrong
from .soak_load import GROUPS, Actor, Line, Target
from .soak_long import run_long
from .soak_loss import LOSSES, lose
from .soak_site import PostgresqlStore, Server, Store, site

ACTORS = 16
_UNDER_WAY = 40


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    try:
        for index, kind in enumerate(kinds):
            with tempfile.TemporaryDirectory(prefix="poolhouse-soak-") as folder:
                kills = (options.kills + index) // len(kinds)
                asyncio.run(_soak(Path(folder), kind, options, kills))
    except Wrong as wrong:
        sys.exit(f"BROKEN: {wrong}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--kills", type=int, default=0, help="how many, over all databases")
    parser.add_argument("--seconds", type=float, default=0.6, help="longest load before a kill")
    parser.add_argument("--minutes", type=float, default=0.0, help="how long to run without a kill, per database")
    parser.add_argument("--share", type=float, default=0.7, help="of the most that the machine does, without a kill")
    parser.add_argument("--seed", type=int, default=None, help="of the moments and victims")
    parser.add_argument("--prove", action="store_true", help="at the end take rows away, to see that it is noticed")
    options = parser.parse_args()
    if bool(options.kills) == bool(options.minutes):
        parser.error("say --kills N or --minutes N")
    return options


async def _soak(folder: Path, kind: str, options: argparse.Namespace, kills: int) -> None:
    with site(folder, kind) as (store, server):
        target = await prepare(server)
        ledger = Ledger()
        check = Check(target, ledger, store.url, server.master_key)
        await check.begin()
        actors = [Actor(target, ledger, number) for number in range(ACTORS)]
        if kills:
            await _kills(store, server, actors, check, kills, options)
        else:
            await run_long(kind, server, actors, check, options.minutes, options.share)


async def prepare(server: Server) -> Target:
    """Two groups, a client that signs in with passwords, and an administrator's token."""
    line, port = Line(server.port), server.port
    bare = Target(port, "", "")
    pools = (await line.send(bare.call("ListUserPools", MaxResults=1))).body["UserPools"]
    bare = Target(port, pools[0]["Id"], "")
    for group in GROUPS:
        await line.send(bare.call("CreateGroup", GroupName=group))
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = await line.send(bare.call("CreateUserPoolClient", ClientName="soak", ExplicitAuthFlows=flows))
    target = Target(port, bare.pool_id, made.body["UserPoolClient"]["ClientId"])
    admin, password = "admin@example.com", "Correct-Horse-1"
    attributes = [{"Name": "email", "Value": admin}, {"Name": "email_verified", "Value": "true"}]
    user = {"Username": admin}
    await line.send(target.call("AdminCreateUser", **user, UserAttributes=attributes, MessageAction="SUPPRESS"))
    await line.send(target.call("AdminSetUserPassword", **user, Password=password, Permanent=True))
    await line.send(target.call("AdminAddUserToGroup", **user, GroupName="ADMINS"))
    signed = await line.send(
        target.public(
            "InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": admin, "PASSWORD": password}
        )
    )
    line.close()
    return target._replace(admin=signed.body["AuthenticationResult"]["AccessToken"])


async def _kills(
    store: Store, server: Server, actors: list[Actor], check: Check, kills: int, options: argparse.Namespace
) -> None:
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    chance, victims, began = random.Random(seed), Counter[str](), time.monotonic()
    ready: list[float] = []
    for number in range(kills):
        victim = store.victims[number % len(store.victims)]
        wait = chance.uniform(0.05, options.seconds)
        ready.append(await _round(store, server, actors, victim, wait))
        await check.run()
        victims[victim] += 1
        _tell(
            f"kill {number + 1}/{kills}: {victim} after {wait:.2f} s, {check.records} records, back {ready[-1]:.2f} s"
        )
    if options.prove:
        await _prove(store, check)
    server.stop()
    actions = check.actions
    print(
        f"{store.url.partition(':')[0]}: {kills} kills ({', '.join(f'{n} {what}' for what, n in victims.items())}), "
        f"{actions:,} acknowledged actions, {check.records:,} audit records, nothing lost, nothing torn, no gap; "
        f"back after {sorted(ready)[len(ready) // 2]:.2f} s (median), {max(ready):.2f} s at most; "
        f"{time.monotonic() - began:.0f} s in all, seed {seed}"
    )


async def _prove(store: Store, check: Check) -> None:
    """Each loss is found before those that came earlier would be. Raises Wrong for one that is not noticed."""
    for what in LOSSES:
        lose(store.url, what)
        try:
            await check.run()
        except Wrong as wrong:
            _tell(f"without a {what}: {wrong}")
        else:
            raise Wrong(f"nobody noticed that a {what} was taken away")


async def _round(store: Store, server: Server, actors: list[Actor], victim: str, wait: float) -> float:
    """Load, a kill, and the return; how many seconds the return took."""
    ended = asyncio.Event()
    running = [asyncio.create_task(_drive(actor, ended)) for actor in actors]
    await _under_way(actors)
    await asyncio.sleep(wait)
    began = time.perf_counter()
    await asyncio.to_thread(_kill, store, server, victim)
    if victim == "worker":
        await asyncio.sleep(0.1)
    ended.set()
    await asyncio.gather(*running)
    began = time.perf_counter()
    if victim == "server":
        await asyncio.to_thread(server.start)
    else:
        if isinstance(store, PostgresqlStore) and victim == "database":
            await asyncio.to_thread(store.start)
        await asyncio.to_thread(server.await_ready)
    return time.perf_counter() - began


async def _under_way(actors: list[Actor]) -> None:
    """A server that has just started is slow at first: a kill is to meet it at work."""
    for actor in actors:
        actor.latencies.clear()
    for _ in range(500):
        if sum(len(actor.latencies) for actor in actors) >= _UNDER_WAY:
            return
        await asyncio.sleep(0.01)


def _kill(store: Store, server: Server, victim: str) -> None:
    if victim == "server":
        server.kill()
    elif victim == "worker":
        server.kill_worker()
    else:
        assert isinstance(store, PostgresqlStore)
        store.kill()


async def _drive(actor: Actor, ended: asyncio.Event) -> None:
    """Until the end, or until the first request whose outcome nobody knows."""
    while not ended.is_set() and await actor.step():
        pass


def _tell(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
