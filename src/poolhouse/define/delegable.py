"""Which operations a pool may delegate to its own users, and why all others stay with the operator.

Delegable is what acts on users, memberships and groups, and what lists them. Everything else would let an
administrator change what he is measured by: the pool, its clients, its providers, somebody's sign-in.
"""

from typing import Final

from .grants import BUNDLES, GrantName, operations_of

MEMBERSHIP: Final = frozenset({"AdminAddUserToGroup", "AdminRemoveUserFromGroup"})

ON_USER: Final = MEMBERSHIP | {
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminDeleteSoftwareToken",
    "AdminDeleteUser",
    "AdminDeleteUserAttributes",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminForgetDevice",
    "AdminGetDevice",
    "AdminGetUser",
    "AdminGetUserAuthFactors",
    "AdminListDevices",
    "AdminListGroupsForUser",
    "AdminListUserAuthEvents",
    "AdminListUserSessions",
    "AdminResetUserPassword",
    "AdminRevokeUserSession",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminSetUserSettings",
    "AdminUpdateAuthEventFeedback",
    "AdminUpdateDeviceStatus",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
}

NAMES_GROUP: Final = MEMBERSHIP | {"CreateGroup", "DeleteGroup", "GetGroup", "ListUsersInGroup", "UpdateGroup"}
"""Operations whose request says which group it is about."""

CHANGES_GROUP: Final = frozenset({"CreateGroup", "DeleteGroup", "UpdateGroup"})
LISTS: Final = frozenset({"GetGroup", "ListGroups", "ListUsers", "ListUsersInGroup"})
DELEGABLE: Final = ON_USER | CHANGES_GROUP | LISTS

_SIGNS_IN: Final = "signs a user in, and nobody becomes somebody else"
_MOVES: Final = "moves a sign-in from one account to another"
_WHY: Final = {
    "AdminDisableProviderForUser": _MOVES,
    "AdminInitiateAuth": _SIGNS_IN,
    "AdminLinkProviderForUser": _MOVES,
    "AdminRespondToAuthChallenge": _SIGNS_IN,
    "CreateUserImportJob": "makes users from a file, which names anybody",
    "StartUserImportJob": "makes users from a file, which names anybody",
}


def delegable(name: GrantName) -> tuple[str, ...]:
    """The operations that a name stands for in a delegation: all of a single one's, and of a bundle those that may
    be delegated.
    """
    found = operations_of(name)
    return tuple(operation for operation in found if operation in DELEGABLE) if name in BUNDLES else found


def why_not(operation: str) -> str:
    """Why an operation stays with the operator, as the end of a sentence that begins with its name."""
    return _WHY.get(operation, "is about the pool itself and not about its users, memberships or groups")
