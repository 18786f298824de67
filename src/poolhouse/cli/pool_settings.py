"""What `poolhouse pools set` does: the setting and the app clients that it concerns, together or not at all."""

from poolhouse.cli.administration import Administration, visit
from poolhouse.cli.options import Where
from poolhouse.errors import UserError
from poolhouse.operations import password_storage
from poolhouse.store import pools
from poolhouse.store.clients import Client
from poolhouse.store.settings import PasswordKind


class ClientsUseSrp(UserError):
    """App clients name SRP, which the pool would serve no more."""


def set_storage(where: Where, kind: PasswordKind, *, change_clients: bool, dry_run: bool) -> list[str]:
    """What was done, or would be, line by line. Raises ClientsUseSrp."""

    async def work(administration: Administration) -> list[str]:
        services, pool_id = administration.services, await administration.pool_id()
        async with services.database.read() as tx:
            before = (await pools.get(tx, pool_id)).settings.PasswordStorage
            concerned = [] if kind == "srp" else await password_storage.srp_clients(tx, pool_id)
        if before == kind:
            return [f"User pool {pool_id} keeps passwords as {kind} already."]
        _check(concerned, change_clients=change_clients)
        if not dry_run:
            async with services.database.write() as tx:
                await password_storage.change(tx, pool_id, kind, services.clock())
                await administration.did(tx, "SetPasswordStorage", kind)
        return _told(pool_id, kind, concerned, would=dry_run)

    return visit(where, work)


def _check(concerned: list[Client], *, change_clients: bool) -> None:
    if concerned and not change_clients:
        named = ", ".join(f"{client.name} ({client.id})" for client in concerned)
        raise ClientsUseSrp(
            f"These app clients name ALLOW_USER_SRP_AUTH, which would be refused: {named}.",
            resolution="Change their apps to USER_PASSWORD_AUTH, then add --change-clients, which gives the clients "
            "ALLOW_USER_PASSWORD_AUTH instead.",
        )


def _told(pool_id: str, kind: PasswordKind, concerned: list[Client], *, would: bool) -> list[str]:
    verb = "Would keep" if would else "Keeps"
    lines = [f"{verb} new passwords of user pool {pool_id} as {kind}; the others at each user's next plain sign-in."]
    flows = "Would give" if would else "Gave"
    return lines + [f"{flows} app client {client.name} ({client.id}) plain passwords for SRP." for client in concerned]
