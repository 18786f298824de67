"""What gate B asks of the database before it decides (`access.fields`): the groups that an identity is in now."""

from collections.abc import Iterable
from dataclasses import replace

from poolhouse.access.fields import Caller, Guard, IdentityCaller
from poolhouse.define.manifest import Operation

from .callers import Verification


async def with_live_groups(
    guard: Guard, verification: Verification, caller: Caller, operations: Iterable[Operation]
) -> Caller:
    """The caller, with the groups of now where a rule of the wanted fields may depend on them."""
    if not isinstance(caller, IdentityCaller) or not guard.live_groups or caller.live_groups is not None:
        return caller
    named = {name for operation in operations for rule in operation.rules for name in rule.groups}
    if caller.authenticated and named.intersection(caller.identity.groups):
        return replace(caller, live_groups=await verification.live_groups(caller.identity))
    return caller
