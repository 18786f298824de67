"""`poolhouse clients ...`: app clients of a user pool."""

from typing import Annotated, Any

import typer

from poolhouse.cli.options import HERE, Database, Json, PoolName, Project, Where, group

clients = group("App clients of a user pool.")
Client = Annotated[str, typer.Argument(help="The app client's id.")]
_HIDDEN = "(shown with --show-secret)"


@clients.command("list")
def clients_list(
    project: Project = HERE, database: Database = None, pool: PoolName = None, as_json: Json = False
) -> None:
    """Every app client of a user pool."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import print_json, print_table

    async def work(administration: Administration) -> list[dict[str, Any]]:
        return await administration.every_of_pool("ListUserPoolClients", "UserPoolClients")

    found = visit(Where(project, database, pool), work)
    if as_json:
        return print_json(found)
    print_table(("ID", "NAME"), [(client["ClientId"], client["ClientName"]) for client in found])
    return None


@clients.command("show")
def clients_show(
    client: Client,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the client's secret too.")] = False,
    project: Project = HERE,
    database: Database = None,
    pool: PoolName = None,
    as_json: Json = False,
) -> None:
    """One app client."""
    from poolhouse.cli.administration import Administration, visit
    from poolhouse.cli.tables import moment, print_json, print_values

    async def work(administration: Administration) -> dict[str, Any]:
        answer = await administration.of_pool("DescribeUserPoolClient", ClientId=client)
        described: dict[str, Any] = answer["UserPoolClient"]
        return described

    found = visit(Where(project, database, pool), work)
    if "ClientSecret" in found and not show_secret:
        found["ClientSecret"] = _HIDDEN
    if as_json:
        return print_json(found)
    print_values(
        {
            "Id": found["ClientId"],
            "Name": found["ClientName"],
            "User pool": found["UserPoolId"],
            "Secret": found.get("ClientSecret"),
            "Flows": ", ".join(found.get("ExplicitAuthFlows", [])),
            "Hides unknown users": "yes" if found.get("PreventUserExistenceErrors") == "ENABLED" else "no",
            "Callback URLs": ", ".join(found.get("CallbackURLs", [])),
            "Created": moment(found["CreationDate"]),
        }
    )
    return None
