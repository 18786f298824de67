"""The migration function of a project whose users come from a pool at AWS: written once, the user's own afterwards."""

import json
from pathlib import Path
from typing import Final, NamedTuple

from poolhouse.cli.drafts import Draft
from poolhouse.errors import ProjectError

_TEMPLATE: Final = Path(__file__).parent / "templates" / "user-migration" / "handler.py"
_FOLDER: Final = "amplify/auth/user_migration"
ADD: Final = """Add to amplify/auth/resource.py:

    from amplify.auth.user_migration.resource import user_migration

    auth = define_auth(..., triggers={"user_migration": user_migration})

Then sign in once per user with USER_PASSWORD_AUTH: SRP works from the second time on.
The app client of the old pool needs ALLOW_USER_PASSWORD_AUTH, and this pool's client too."""
_ONE_MORE: Final = """
Store the secret of the old pool's app client: poolhouse secret set OLD_POOL_CLIENT_SECRET"""


class OldClient(NamedTuple):
    """An app client of the old pool; `has_secret` when it has one, which is never written into a file."""

    region: str
    endpoint: str
    client_id: str
    has_secret: bool


def write_trigger(project: Path, client: OldClient) -> tuple[list[str], str]:
    """The files that were written, and what is left to do. Raises ProjectError when there is such a function."""
    draft = Draft(project)
    for name, text in {"resource.py": _definition(client), "handler.py": _TEMPLATE.read_text(encoding="utf-8")}.items():
        path = f"{_FOLDER}/{name}"
        if draft.read(path) is not None:
            raise ProjectError(
                f"There is {path} already, and it may have been edited.",
                resolution="Keep it, or move it away and run the command again.",
            )
        draft.put(path, text)
    draft.write()
    return [f"{_FOLDER}/handler.py", f"{_FOLDER}/resource.py"], ADD + (_ONE_MORE if client.has_secret else "")


def _definition(client: OldClient) -> str:
    imported = "define_function, secret" if client.has_secret else "define_function"
    secret = '        "OLD_POOL_CLIENT_SECRET": secret("OLD_POOL_CLIENT_SECRET"),\n' if client.has_secret else ""
    return f"""from poolhouse import {imported}

user_migration = define_function(
    name="user-migration",
    timeout_seconds=5,
    environment={{
        "OLD_POOL_REGION": {json.dumps(client.region)},
        "OLD_POOL_ENDPOINT": {json.dumps(client.endpoint)},
        "OLD_POOL_CLIENT_ID": {json.dumps(client.client_id)},
{secret}    }},
)
"""
