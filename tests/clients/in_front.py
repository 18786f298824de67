"""`poolhouse dev` on the example, whose users are in the pool of another `poolhouse dev` that stands in the part of AWS."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from clients.development import EXAMPLE, ROOT_KEY, Backend, Development
from remote.world import configured

_REFERENCE = """\
from amplify.data.add_user_to_group.resource import add_user_to_group

from poolhouse import reference_auth

auth = reference_auth(
    user_pool_id={pool!r},
    user_pool_client_id={client!r},
    identity_pool_id={identity!r},
    auth_role_arn="arn:aws:iam::000000000000:role/signed-in",
    unauth_role_arn="arn:aws:iam::000000000000:role/guests",
    groups={{"ADMINS": "arn:aws:iam::000000000000:role/admins"}},
    access=lambda allow: [allow.resource(add_user_to_group).to(["addUserToGroup"])],
)
"""


@contextmanager
def running(far: Backend, folder: Path) -> Iterator[Backend]:
    """`folder` becomes the project's; `far` has the pool."""
    example = folder / "example" / "amplify"
    shutil.copytree(EXAMPLE, example)
    text = _REFERENCE.format(pool=far.pool_id, client=far.client_id, identity=far.identity_pool_id)
    (example / "auth" / "resource.py").write_text(text)
    with configured(far.url, (*ROOT_KEY, "")):
        server = Development(folder / "project", example=example)
    try:
        with closing(server.backend()) as backend:
            yield backend
    finally:
        server.stop()
