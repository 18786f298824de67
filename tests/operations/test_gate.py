"""The one way to an operation: known, allowed, in one transaction, answered in shape."""

import msgspec
import pytest
from cases import each
from operations.stage import refused

from poolhouse import service_model
from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import Anonymous, RoleSession
from poolhouse.operations import gate
from poolhouse.operations.families import served

POOL = {"UserPoolId": "us-east-1_Nobody1"}


def role(*statements, region="us-east-1"):
    documents = [parse({"Version": "2012-10-17", "Statement": list(statements)})] if statements else []
    return RoleSession(
        role_arn="arn:aws:iam::000000000000:role/r",
        role_name="r",
        session_name="s",
        account_id="000000000000",
        region=region,
        policies=PolicySet(documents),
        session_policy=None,
        identity=None,
    )


def allow(action, resource="*", effect="Allow"):
    return {"Effect": effect, "Action": action, "Resource": resource}


@each("service, name", sorted(served()))
def test_every_served_operation_is_in_the_model(service, name):
    """What is served has a model, and its function a name like its operation's."""
    assert service_model.operation(service, name) is not None


def test_an_operation_that_aws_does_not_have_cannot_be_registered():
    """A misspelt name is an error at import."""
    with pytest.raises(ValueError, match="AdminFrobnicate"):
        gate.operation("AdminFrobnicate")


def unserved():
    """An operation that AWS has and this version has not."""
    services = ("cognito-idp", "cognito-identity", "sts")
    everything = [operation for service in services for operation in service_model.operations(service)]
    return next(operation for operation in everything if (operation.service, operation.name) not in served())


async def test_what_is_not_served_names_itself(services):
    """The error says which operation and that it is this version's limit."""
    operation = unserved()
    fields = [field.name for field in msgspec.structs.fields(operation.input) if field.required]
    request = operation.input(**dict.fromkeys(fields, "x"))
    error = await refused(gate.call(services, role(), operation, request, request_id="test"))
    assert (error.code, error.status) == ("NotImplementedException", 400)
    assert f"{operation.service}:{operation.name} is not implemented" in error.message


IAM = sorted(
    name
    for service, name in served()
    if service == "cognito-idp" and service_model.operation(service, name).auth == "iam"
)


async def ask(services, name, principal):
    """Call with a request that has every required member, whatever it is: it must not be looked at."""
    operation = service_model.operation("cognito-idp", name)
    fields = [field.name for field in msgspec.structs.fields(operation.input) if field.required]
    request = operation.input(**{field: POOL.get(field, "x") for field in fields})
    return await gate.call(services, principal, operation, request, request_id="test")


@each("name", IAM)
async def test_nobody_may_call_an_admin_operation(services, name):
    """Without a signature every one of them is refused the same way."""
    error = await refused(ask(services, name, Anonymous()))
    assert (error.code, error.message) == ("MissingAuthenticationTokenException", "Missing Authentication Token")


@each("name", IAM)
async def test_a_role_without_policies_may_call_nothing(services, name):
    """Check 14: the text has principal, action and reason, and says nothing about what exists."""
    error = await refused(ask(services, name, role()))
    assert error.code == "AccessDeniedException"
    assert error.message.startswith(
        f"User: arn:aws:sts::000000000000:assumed-role/r/s is not authorized to perform: cognito-idp:{name} on resource: "
    )
    assert error.message.endswith(f"because no identity-based policy allows the cognito-idp:{name} action")


async def test_a_pattern_allows_what_it_matches(invoke):
    """Check 15: List* opens ListUsers and not AdminGetUser."""
    principal = role(allow("cognito-idp:List*"))
    assert (await refused(invoke("ListUsers", POOL, principal=principal))).code == "ResourceNotFoundException"
    assert (
        await refused(invoke("AdminGetUser", {**POOL, "Username": "u"}, principal=principal))
    ).code == "AccessDeniedException"


async def test_a_deny_wins(invoke):
    """Check 16: allow everything, deny AdminDelete*."""
    principal = role(allow("*"), allow("cognito-idp:AdminDelete*", effect="Deny"))
    error = await refused(invoke("AdminDeleteUser", {**POOL, "Username": "u"}, principal=principal))
    assert error.code == "AccessDeniedException"
    assert "with an explicit deny in an identity-based policy" in error.message


async def test_a_pool_of_another_region_does_not_exist(invoke):
    """Regions are kept apart, also for who may do everything."""
    error = await refused(invoke("ListUsers", POOL, principal=role(allow("*"), region="eu-west-1")))
    assert error.code == "ResourceNotFoundException"


async def test_a_refused_write_leaves_nothing(invoke, services):
    """An operation that fails after it has written is undone as a whole."""
    made = await invoke("CreateUserPool", {"PoolName": "p"})
    pool = {"UserPoolId": made["UserPool"]["Id"]}
    await invoke("CreateGroup", {**pool, "GroupName": "g"})
    assert (await refused(invoke("CreateGroup", {**pool, "GroupName": "g"}))).code == "GroupExistsException"
    assert len((await invoke("ListGroups", pool))["Groups"]) == 1
