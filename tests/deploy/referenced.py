"""Everything that a backend can have, on a user pool that exists."""

import msgspec
from deploy.rich import RICH
from fresh import referenced_pool

from poolhouse.define.manifest import Auth
from poolhouse.deploy.synthesis import Environment

assert RICH.auth is not None
POOL = referenced_pool(
    group_role_arns={
        group.name: f"arn:aws:iam::111122223333:role/team/group-{group.precedence}" for group in RICH.auth.groups
    }
)
THERE = Environment(name="prod", region="eu-central-1", account_id="111122223333", app="shop")
MANIFEST = msgspec.structs.replace(RICH, auth=Auth(groups=RICH.auth.groups, grants=RICH.auth.grants, reference=POOL))
