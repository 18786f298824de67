"""Which factors a user has: GetUserAuthFactors and AdminGetUserAuthFactors."""

from poolhouse.service_model.structs.cognito_idp import AdminGetUserAuthFactorsRequest, GetUserAuthFactorsRequest
from poolhouse.store import pools, users
from poolhouse.store.database import Transaction
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import first_factor, mfa
from .bearer import SELF_SERVICE, bearer
from .context import Call
from .gate import Answer, operation


@operation("GetUserAuthFactors", "read")
async def get_user_auth_factors(ctx: Call, req: GetUserAuthFactorsRequest) -> Answer:
    who = await bearer(ctx.services, ctx.tx, req.AccessToken, now=ctx.now, scope=SELF_SERVICE)
    return await _described(ctx.tx, who.pool, who.user)


@operation("AdminGetUserAuthFactors", "read")
async def admin_get_user_auth_factors(ctx: Call, req: AdminGetUserAuthFactorsRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    user = ctx.about(await users.get(ctx.tx, pool, req.Username))
    return await _described(ctx.tx, pool, user)


async def _described(tx: Transaction, pool: Pool, user: User) -> Answer:
    answer: Answer = {
        "Username": user.username,
        "ConfiguredUserAuthFactors": await first_factor.configured(tx, pool, user),
    }
    return answer | await mfa.shown(tx, pool, user)
