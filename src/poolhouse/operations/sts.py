"""STS: who am I?"""

from poolhouse.access.principals import Anonymous
from poolhouse.operations.context import Call
from poolhouse.operations.gate import Answer, operation
from poolhouse.service_model.structs.sts import GetCallerIdentityRequest


@operation("GetCallerIdentity", service="sts")
async def get_caller_identity(ctx: Call, _req: GetCallerIdentityRequest) -> Answer:
    """Needs valid credentials and no permission."""
    assert not isinstance(ctx.principal, Anonymous), "the gate lets nobody in without credentials"
    return {"UserId": ctx.principal.user_id, "Account": ctx.principal.account_id, "Arn": ctx.principal.arn}
