"""A backend that refers to a pool at AWS is refused by name where pools are made; nothing is applied."""

import pytest
from pool_rows import read

from poolhouse.define.manifest import VERSION, Auth, Manifest, ReferencedAuth
from poolhouse.errors import NotServedError
from poolhouse.operations.backend.apply import apply
from poolhouse.store import backend

POOL = ReferencedAuth(
    region="eu-central-1",
    user_pool_id="eu-central-1_AbCdEfGhI",
    user_pool_client_id="1h57kf5cpq17m0eml12example",
    identity_pool_id="eu-central-1:1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f",
    auth_role_arn="arn:aws:iam::111122223333:role/authed",
    unauth_role_arn="arn:aws:iam::111122223333:role/guests",
)


async def test_refused(services):
    with pytest.raises(NotServedError, match=POOL.user_pool_id):
        await apply(services, Manifest(version=VERSION, auth=Auth(reference=POOL)))
    assert await read(services.database, backend.resources, "app") == []
