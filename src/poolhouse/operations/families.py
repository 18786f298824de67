"""Every family of operations; importing this module is what registers them at the gate."""

from poolhouse.operations import (
    clients,
    groups,
    identity,
    pools,
    profile,
    sign_in,
    sign_up,
    sts,
    tokens,
    user_list,
    users,
)
from poolhouse.operations.gate import served

__all__ = [
    "clients",
    "groups",
    "identity",
    "pools",
    "profile",
    "served",
    "sign_in",
    "sign_up",
    "sts",
    "tokens",
    "user_list",
    "users",
]
