"""`poolhouse pools ...`: user pools as the operations show them, and the setting that AWS does not know."""

from typing import Annotated, Any, Literal

import typer

from poolhouse.cli.options import HERE, Database, DryRun, Json, PoolName, Project, Where, group

pools = group("User pools.")
_ARGUMENT = "the argument "
Storage = Annotated[
    Literal["srp", "argon2id"] | None,
    typer.Option("--password-storage", help="Keep SRP verifiers, or argon2id hashes; with these nobody can use SRP."),
]
Changing = Annotated[
    bool,
    typer.Option("--change-clients", help="Give app clients that name SRP the flow with plain passwords instead."),
]


@pools.command("list")
def pools_list(project: Project = HERE, database: Database = None, as_json: Json = False) -> None:
    """Every user pool of the region, and the one at AWS that the definitions refer to."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import moment, print_json, print_table

    async def work(administration: Administration) -> tuple[list[dict[str, Any]], list[str]]:
        return await administration.every_pool(), await administration.at_aws()

    own, at_aws = visit(Where(project, database), work)
    if as_json:
        return print_json([*own, *({"Id": name, "AtAws": True} for name in at_aws)])
    rows = [(pool["Id"], pool["Name"], moment(pool["CreationDate"])) for pool in own]
    print_table(("ID", "NAME", "CREATED"), [*rows, *((name, "at AWS", "") for name in at_aws)])
    return None


@pools.command("show")
def pools_show(
    pool: Annotated[str | None, typer.Argument(help="Its id or name; default: the only one.")] = None,
    project: Project = HERE,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """One user pool: AWS's description, and how it keeps passwords if it is not at AWS."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import moment, print_json, print_values

    async def work(administration: Administration) -> dict[str, Any]:
        described: dict[str, Any] = (await administration.of_pool("DescribeUserPool"))["UserPool"]
        if await administration.is_at_aws():
            return described
        return described | {"PasswordStorage": (await administration.pool()).settings.PasswordStorage}

    found = visit(Where(project, database, pool, _ARGUMENT), work)
    if as_json:
        return print_json(found)
    print_values(
        {
            "Id": found["Id"],
            "Name": found["Name"],
            "Users": found["EstimatedNumberOfUsers"],
            "Created": moment(found["CreationDate"]),
            "Signs in with": ", ".join(found.get("UsernameAttributes", ["username"])),
            "Verifies": ", ".join(found.get("AutoVerifiedAttributes", [])),
            "Second factor": found["MfaConfiguration"],
            "Passwords": found.get("PasswordStorage", "at AWS"),
            "Deletion protection": found["DeletionProtection"],
        }
    )
    return None


@pools.command("set")
def pools_set(
    pool: Annotated[str | None, typer.Argument(help="Its id or name; default: the only one.")] = None,
    password_storage: Storage = None,
    change_clients: Changing = False,
    project: Project = HERE,
    database: Database = None,
    dry_run: DryRun = False,
) -> None:
    """Change how a user pool keeps passwords: each user's at the next sign-in with a plain password."""
    if password_storage is None:
        raise typer.BadParameter("there is nothing to set.", param_hint="--password-storage")
    from poolhouse.cli.pool_settings import set_storage

    for line in set_storage(
        Where(project, database, pool, _ARGUMENT), password_storage, change_clients=change_clients, dry_run=dry_run
    ):
        typer.echo(line)


@pools.command("import-jobs")
def pools_import_jobs(
    project: Project = HERE, database: Database = None, pool: PoolName = None, as_json: Json = False
) -> None:
    """The jobs that import users into a user pool, the newest first."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import moment, print_json, print_table

    async def work(administration: Administration) -> list[dict[str, Any]]:
        return await administration.every_of_pool("ListUserImportJobs", "UserImportJobs", MaxResults=50)

    found = visit(Where(project, database, pool), work)
    if as_json:
        return print_json(found)
    counts = ("ImportedUsers", "SkippedUsers", "FailedUsers")
    rows = [
        (job["JobId"], job["JobName"], job["Status"], *(job[name] for name in counts), moment(job["CreationDate"]))
        for job in found
    ]
    print_table(("ID", "NAME", "STATUS", "IMPORTED", "SKIPPED", "FAILED", "CREATED"), rows)
    return None
