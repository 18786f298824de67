"""Requests that are only asked about: what is known, and nothing where something is required."""

import pytest

from poolhouse import service_model


@pytest.mark.parametrize("service", ["cognito-idp", "cognito-identity", "sts"])
def test_every_operation_has_a_draft(service):
    """Without a single member, and with one that it does not know."""
    for operation in service_model.operations(service):
        made = service_model.draft(operation, {"NoSuchMember": 1})
        assert type(made) is operation.input


def test_known_members_are_kept():
    operation = service_model.operation("cognito-idp", "AdminAddUserToGroup")
    made = service_model.draft(operation, {"UserPoolId": "p", "GroupName": "g"})
    assert (made.UserPoolId, made.GroupName, made.Username) == ("p", "g", "")
