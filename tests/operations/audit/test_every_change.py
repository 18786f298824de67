"""Every operation of an administrator that changes something leaves its record, and nothing secret in it."""

import json

import pytest
from operations.audit.trail import events
from operations.every_operation import OIDC, World, by_auth, make, model
from operations.stage import PASSWORD, ROOT
from operations.test_every_operation import TOLD

from poolhouse.errors import ServiceError
from poolhouse.operations.audit.recording import changes

CHANGES = [pair for pair in by_auth("iam") if changes(model(*pair))]
LOOKS = [pair for pair in by_auth("iam") if not changes(model(*pair))]


@pytest.fixture
async def world(services, invoke) -> World:
    return await make(services, invoke)


def test_what_changes_and_what_looks():
    """The names tell: whatever does not say that it looks is a change."""
    assert len(CHANGES) > 50
    assert {name for _, name in LOOKS if not name.removeprefix("Admin").startswith(("Get", "List", "Describe"))} == {
        "AdminInitiateAuth",
        "AdminRespondToAuthChallenge",
    }


@pytest.mark.parametrize(("service", "name"), CHANGES)
async def test_a_record_of_every_change(services, world, service, name):
    """Done or refused by what is there, one record says so. The role that has just this grant gets that far."""
    before = len(await events(services))
    result = "ok"
    caller = ROOT if name == "SetIdentityPoolRoles" else world.right_role(service, name)  # it needs iam:PassRole too
    try:
        await world.call(service, name, caller)
    except ServiceError as error:
        result = error.code
    new = (await events(services))[before:]
    assert [(event.operation, event.result) for event in new] == [(name, result)]
    assert result == ("ok" if name == "SetIdentityPoolRoles" else TOLD.get(name, "ok"))
    assert new[0].kind == "admin"
    assert new[0].subject != "" or name in {"AddCustomAttributes", "DeleteIdentities"} or "Pool" in name


async def test_no_secret_in_any_record(services, world):
    """Everything that can be asked is asked; passwords, tokens, secrets and attribute values are in no record."""
    tokens = await world.stage.tokens("ada")
    for service, name in [*CHANGES, *LOOKS]:
        try:
            await world.call(service, name)
        except ServiceError:
            continue
    written = "".join(json.dumps(event.body) for event in await events(services))
    secrets = [PASSWORD, "Another-Horse9", "Eve", "ada@example.com", OIDC["client_secret"] + '"', *tokens.values()]
    for secret in secrets:
        assert str(secret) not in written or secret in (3600, "Bearer"), secret
