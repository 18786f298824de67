"""The seed backend and the ids of spec section 6.3."""

import pytest

from poolhouse.define.manifest import (
    Attribute,
    Auth,
    Data,
    Field,
    Group,
    HandlerRef,
    Manifest,
    Operation,
    Rule,
    TypeRef,
)
from poolhouse.outputs import Applied


@pytest.fixture
def applied() -> Applied:
    return Applied(
        region="us-east-1",
        user_pool_id="us-east-1_Example01",
        user_pool_client_id="exampleclientid",
        identity_pool_id="us-east-1:00000000-0000-0000-0000-000000000000",
        base_url="https://example.appsync-api.us-east-1.amazonaws.com",
    )


@pytest.fixture
def seed() -> Manifest:
    text = TypeRef(name="String", required=True)
    add = Operation(
        name="addUserToGroup",
        kind="mutation",
        arguments=(Field(name="userId", type=text), Field(name="groupName", type=text)),
        returns=TypeRef(name="AWSJSON"),
        rules=(Rule(strategy="groups", provider="userPools", groups=("ADMINS",)),),
        handlers=(HandlerRef(function="add-user-to-group"),),
    )
    email = Attribute(name="email", required=True)
    auth = Auth(groups=(Group(name="ADMINS", precedence=0),), attributes=(email,))
    return Manifest(version=1, auth=auth, data=Data(default_mode="identityPool", operations=(add,)))
