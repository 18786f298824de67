"""`outputs`: the clients' files of an environment at AWS, by the writers that make those of a local backend."""

from collections.abc import Sequence
from pathlib import Path

import typer

from poolhouse import outputs as files
from poolhouse.cli import aws_account, aws_names
from poolhouse.cli.aws_options import Where
from poolhouse.cli.formats import checked
from poolhouse.cli.tables import print_values
from poolhouse.define.manifest import ADMIN_QUERIES, Manifest
from poolhouse.define.project import load
from poolhouse.deploy.push.stacks import Stack
from poolhouse.deploy.stack_outputs import described
from poolhouse.outputs import AWS_FORMATS, Addresses, Applied


def outputs(where: Where, folder: Path, formats: Sequence[str] | None) -> list[Path]:
    """Write the files; returns all of them, changed or not."""
    wanted = checked(formats) if formats else AWS_FORMATS
    manifest = load(where.project)
    reached = aws_account.reach(aws_names.named(where, manifest))
    stack = aws_account.required(reached)
    files.write_outputs(folder, manifest, applied(manifest, stack, reached.account.region), wanted)
    return [folder / files.FORMATS[name].file for name in wanted]


def tell(manifest: Manifest, stack: Stack, region: str, folder: Path) -> None:
    """Write the usual file after a push, and say where everything is."""
    became = applied(manifest, stack, region)
    written = files.write_outputs(folder, manifest, became, AWS_FORMATS)
    assert became.aws is not None
    named = {("Admin Queries" if name == ADMIN_QUERIES else name): url for name, url in became.aws.rest.items()}
    typer.echo()
    print_values(
        {
            "Stack": f"{stack.name} ({stack.status})",
            "GraphQL": became.aws.graphql,
            **named,
            "User pool": became.user_pool_id,
            "App client": became.user_pool_client_id,
            "Identity pool": became.identity_pool_id,
            "Sign-in pages": f"https://{became.aws.domain}" if became.aws.domain else None,
            "Wrote": ", ".join(str(path) for path in written),
        }
    )


def applied(manifest: Manifest, stack: Stack, region: str) -> Applied:
    """What clients need of a stack. Raises UserError where the stack lacks what the definitions ask for."""
    told = described(stack.outputs, manifest, region)
    return Applied(
        region=told.region,
        user_pool_id=told.user_pool_id,
        user_pool_client_id=told.user_pool_client_id,
        identity_pool_id=told.identity_pool_id,
        api_key=told.api_key,
        aws=Addresses(graphql=told.graphql, rest=told.rest, domain=told.domain),
    )
