"""Everything that a backend can have, on a user pool that exists."""

import msgspec
from deploy.rich import RICH

from poolhouse.define.manifest import Auth, ReferencedAuth
from poolhouse.deploy.synthesis import Environment

assert RICH.auth is not None
POOL = ReferencedAuth(
    region="eu-central-1",
    user_pool_id="eu-central-1_AbCdEfGhI",
    user_pool_client_id="1h57kf5cpq17m0eml12example",
    identity_pool_id="eu-central-1:1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f",
    auth_role_arn="arn:aws:iam::111122223333:role/authed",
    unauth_role_arn="arn:aws:iam::111122223333:role/guests",
    group_role_arns={
        group.name: f"arn:aws:iam::111122223333:role/team/group-{group.precedence}" for group in RICH.auth.groups
    },
)
THERE = Environment(name="prod", region="eu-central-1", account_id="111122223333", app="shop")
MANIFEST = msgspec.structs.replace(RICH, auth=Auth(groups=RICH.auth.groups, grants=RICH.auth.grants, reference=POOL))
