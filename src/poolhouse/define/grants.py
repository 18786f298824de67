"""The names that `allow.resource(function).to([...])` accepts, and the IAM actions each one stands for.

Five bundles and 25 single names are Amplify's. Every other operation that AWS authorizes through IAM has a single
name by the same rule: drop a leading `Admin`, lower the first letter, write a run of capitals as one word (`Mfa`).
No two operations meet under that rule; where a public operation has the same short name, the name means the admin one.
"""

from typing import Final, Literal, get_args

from poolhouse.errors import EmptyPolicyError, InvalidActionError

from .places import Place
from .words import advice, shown

SERVICE: Final = "cognito-idp"

BundleName = Literal[
    "manageUsers",
    "manageGroupMembership",
    "manageGroups",
    "manageUserDevices",
    "managePasswordRecovery",
]

SingleName = Literal[
    "addCustomAttributes",
    "addUserPoolClientSecret",
    "addUserToGroup",
    "confirmSignUp",
    "createGroup",
    "createIdentityProvider",
    "createManagedLoginBranding",
    "createResourceServer",
    "createTerms",
    "createUser",
    "createUserImportJob",
    "createUserPool",
    "createUserPoolClient",
    "createUserPoolDomain",
    "createUserPoolReplica",
    "deleteGroup",
    "deleteIdentityProvider",
    "deleteManagedLoginBranding",
    "deleteResourceServer",
    "deleteSoftwareToken",
    "deleteTerms",
    "deleteUser",
    "deleteUserAttributes",
    "deleteUserPool",
    "deleteUserPoolClient",
    "deleteUserPoolClientSecret",
    "deleteUserPoolDomain",
    "deleteUserPoolReplica",
    "describeIdentityProvider",
    "describeManagedLoginBranding",
    "describeManagedLoginBrandingByClient",
    "describeResourceServer",
    "describeRiskConfiguration",
    "describeTerms",
    "describeTermsByClient",
    "describeUserImportJob",
    "describeUserPool",
    "describeUserPoolClient",
    "describeUserPoolDomain",
    "disableProviderForUser",
    "disableUser",
    "enableUser",
    "forgetDevice",
    "getClientToken",
    "getCsvHeader",
    "getDerivedToken",
    "getDevice",
    "getGroup",
    "getIdentityProviderByIdentifier",
    "getLogDeliveryConfiguration",
    "getProvisionedLimit",
    "getSigningCertificate",
    "getUiCustomization",
    "getUser",
    "getUserAuthFactors",
    "getUserPoolClientSessionConfiguration",
    "getUserPoolMfaConfig",
    "getUserPoolSessionConfiguration",
    "initiateAuth",
    "linkProviderForUser",
    "listDevices",
    "listGroups",
    "listGroupsForUser",
    "listIdentityProviders",
    "listResourceServers",
    "listTagsForResource",
    "listTerms",
    "listUserAuthEvents",
    "listUserImportJobs",
    "listUserPoolClientSecrets",
    "listUserPoolClients",
    "listUserPoolReplicas",
    "listUserPools",
    "listUserSessions",
    "listUsers",
    "listUsersInGroup",
    "removeUserFromGroup",
    "resetUserPassword",
    "respondToAuthChallenge",
    "revokeUserSession",
    "setLogDeliveryConfiguration",
    "setRiskConfiguration",
    "setUiCustomization",
    "setUserMfaPreference",
    "setUserPassword",
    "setUserPoolClientSessionConfiguration",
    "setUserPoolMfaConfig",
    "setUserPoolSessionConfiguration",
    "setUserSettings",
    "startUserImportJob",
    "stopUserImportJob",
    "tagResource",
    "untagResource",
    "updateAuthEventFeedback",
    "updateDeviceStatus",
    "updateGroup",
    "updateIdentityProvider",
    "updateManagedLoginBranding",
    "updateProvisionedLimit",
    "updateResourceServer",
    "updateTerms",
    "updateUserAttributes",
    "updateUserPool",
    "updateUserPoolClient",
    "updateUserPoolDomain",
    "updateUserPoolReplica",
    "userGlobalSignOut",
]

GrantName = Literal[BundleName, SingleName]

BUNDLES: Final[dict[BundleName, tuple[SingleName, ...]]] = {
    "manageUsers": (
        "confirmSignUp",
        "createUser",
        "deleteUser",
        "deleteUserAttributes",
        "disableUser",
        "enableUser",
        "getUser",
        "listGroupsForUser",
        "respondToAuthChallenge",
        "setUserMfaPreference",
        "setUserSettings",
        "updateUserAttributes",
        "userGlobalSignOut",
    ),
    "manageGroupMembership": ("addUserToGroup", "removeUserFromGroup"),
    "manageGroups": ("getGroup", "listGroups", "createGroup", "deleteGroup", "updateGroup"),
    "manageUserDevices": ("forgetDevice", "getDevice", "listDevices", "updateDeviceStatus"),
    "managePasswordRecovery": ("resetUserPassword", "setUserPassword"),
}

SINGLES: Final[dict[SingleName, str]] = {
    "addCustomAttributes": "AddCustomAttributes",
    "addUserPoolClientSecret": "AddUserPoolClientSecret",
    "addUserToGroup": "AdminAddUserToGroup",
    "confirmSignUp": "AdminConfirmSignUp",
    "createGroup": "CreateGroup",
    "createIdentityProvider": "CreateIdentityProvider",
    "createManagedLoginBranding": "CreateManagedLoginBranding",
    "createResourceServer": "CreateResourceServer",
    "createTerms": "CreateTerms",
    "createUser": "AdminCreateUser",
    "createUserImportJob": "CreateUserImportJob",
    "createUserPool": "CreateUserPool",
    "createUserPoolClient": "CreateUserPoolClient",
    "createUserPoolDomain": "CreateUserPoolDomain",
    "createUserPoolReplica": "CreateUserPoolReplica",
    "deleteGroup": "DeleteGroup",
    "deleteIdentityProvider": "DeleteIdentityProvider",
    "deleteManagedLoginBranding": "DeleteManagedLoginBranding",
    "deleteResourceServer": "DeleteResourceServer",
    "deleteSoftwareToken": "AdminDeleteSoftwareToken",
    "deleteTerms": "DeleteTerms",
    "deleteUser": "AdminDeleteUser",
    "deleteUserAttributes": "AdminDeleteUserAttributes",
    "deleteUserPool": "DeleteUserPool",
    "deleteUserPoolClient": "DeleteUserPoolClient",
    "deleteUserPoolClientSecret": "DeleteUserPoolClientSecret",
    "deleteUserPoolDomain": "DeleteUserPoolDomain",
    "deleteUserPoolReplica": "DeleteUserPoolReplica",
    "describeIdentityProvider": "DescribeIdentityProvider",
    "describeManagedLoginBranding": "DescribeManagedLoginBranding",
    "describeManagedLoginBrandingByClient": "DescribeManagedLoginBrandingByClient",
    "describeResourceServer": "DescribeResourceServer",
    "describeRiskConfiguration": "DescribeRiskConfiguration",
    "describeTerms": "DescribeTerms",
    "describeTermsByClient": "DescribeTermsByClient",
    "describeUserImportJob": "DescribeUserImportJob",
    "describeUserPool": "DescribeUserPool",
    "describeUserPoolClient": "DescribeUserPoolClient",
    "describeUserPoolDomain": "DescribeUserPoolDomain",
    "disableProviderForUser": "AdminDisableProviderForUser",
    "disableUser": "AdminDisableUser",
    "enableUser": "AdminEnableUser",
    "forgetDevice": "AdminForgetDevice",
    "getClientToken": "GetClientToken",
    "getCsvHeader": "GetCSVHeader",
    "getDerivedToken": "GetDerivedToken",
    "getDevice": "AdminGetDevice",
    "getGroup": "GetGroup",
    "getIdentityProviderByIdentifier": "GetIdentityProviderByIdentifier",
    "getLogDeliveryConfiguration": "GetLogDeliveryConfiguration",
    "getProvisionedLimit": "GetProvisionedLimit",
    "getSigningCertificate": "GetSigningCertificate",
    "getUiCustomization": "GetUICustomization",
    "getUser": "AdminGetUser",
    "getUserAuthFactors": "AdminGetUserAuthFactors",
    "getUserPoolClientSessionConfiguration": "GetUserPoolClientSessionConfiguration",
    "getUserPoolMfaConfig": "GetUserPoolMfaConfig",
    "getUserPoolSessionConfiguration": "GetUserPoolSessionConfiguration",
    "initiateAuth": "AdminInitiateAuth",
    "linkProviderForUser": "AdminLinkProviderForUser",
    "listDevices": "AdminListDevices",
    "listGroups": "ListGroups",
    "listGroupsForUser": "AdminListGroupsForUser",
    "listIdentityProviders": "ListIdentityProviders",
    "listResourceServers": "ListResourceServers",
    "listTagsForResource": "ListTagsForResource",
    "listTerms": "ListTerms",
    "listUserAuthEvents": "AdminListUserAuthEvents",
    "listUserImportJobs": "ListUserImportJobs",
    "listUserPoolClientSecrets": "ListUserPoolClientSecrets",
    "listUserPoolClients": "ListUserPoolClients",
    "listUserPoolReplicas": "ListUserPoolReplicas",
    "listUserPools": "ListUserPools",
    "listUserSessions": "AdminListUserSessions",
    "listUsers": "ListUsers",
    "listUsersInGroup": "ListUsersInGroup",
    "removeUserFromGroup": "AdminRemoveUserFromGroup",
    "resetUserPassword": "AdminResetUserPassword",
    "respondToAuthChallenge": "AdminRespondToAuthChallenge",
    "revokeUserSession": "AdminRevokeUserSession",
    "setLogDeliveryConfiguration": "SetLogDeliveryConfiguration",
    "setRiskConfiguration": "SetRiskConfiguration",
    "setUiCustomization": "SetUICustomization",
    "setUserMfaPreference": "AdminSetUserMFAPreference",
    "setUserPassword": "AdminSetUserPassword",
    "setUserPoolClientSessionConfiguration": "SetUserPoolClientSessionConfiguration",
    "setUserPoolMfaConfig": "SetUserPoolMfaConfig",
    "setUserPoolSessionConfiguration": "SetUserPoolSessionConfiguration",
    "setUserSettings": "AdminSetUserSettings",
    "startUserImportJob": "StartUserImportJob",
    "stopUserImportJob": "StopUserImportJob",
    "tagResource": "TagResource",
    "untagResource": "UntagResource",
    "updateAuthEventFeedback": "AdminUpdateAuthEventFeedback",
    "updateDeviceStatus": "AdminUpdateDeviceStatus",
    "updateGroup": "UpdateGroup",
    "updateIdentityProvider": "UpdateIdentityProvider",
    "updateManagedLoginBranding": "UpdateManagedLoginBranding",
    "updateProvisionedLimit": "UpdateProvisionedLimit",
    "updateResourceServer": "UpdateResourceServer",
    "updateTerms": "UpdateTerms",
    "updateUserAttributes": "AdminUpdateUserAttributes",
    "updateUserPool": "UpdateUserPool",
    "updateUserPoolClient": "UpdateUserPoolClient",
    "updateUserPoolDomain": "UpdateUserPoolDomain",
    "updateUserPoolReplica": "UpdateUserPoolReplica",
    "userGlobalSignOut": "AdminUserGlobalSignOut",
}

WITHOUT_POOL: Final = frozenset(
    {
        "CreateUserPool",
        "DescribeUserPoolDomain",
        "GetClientToken",
        "GetDerivedToken",
        "GetProvisionedLimit",
        "ListUserPools",
        "UpdateProvisionedLimit",
    }
)
"""Operations that name no pool in their request: a policy for them cannot be narrowed to a pool's ARN."""

GRANT_NAMES: Final[tuple[GrantName, ...]] = (*get_args(BundleName), *get_args(SingleName))


_OPERATIONS: Final[dict[GrantName, tuple[str, ...]]] = {
    **{name: tuple(SINGLES[single] for single in singles) for name, singles in BUNDLES.items()},
    **{name: (operation,) for name, operation in SINGLES.items()},
}


def operations_of(name: GrantName) -> tuple[str, ...]:
    """The operations that one grant name allows, in the order of Amplify's table."""
    return _OPERATIONS[name]


def actions_of(names: tuple[GrantName, ...]) -> tuple[str, ...]:
    """The union of the names' IAM actions (`cognito-idp:AdminAddUserToGroup`), without repeats, in first-seen order."""
    return tuple(dict.fromkeys(f"{SERVICE}:{operation}" for name in names for operation in operations_of(name)))


def checked_names(given: object, whose: str, place: Place) -> tuple[GrantName, ...]:
    """What `.to([...])` was given in the rule for `whose` (`the function 'x'`).

    Raises InvalidActionError or EmptyPolicyError.
    """
    if not isinstance(given, list | tuple):
        raise InvalidActionError(
            f"to() takes a list of names, not {shown(given)}.",
            resolution='Write for example .to(["addUserToGroup"]).',
            location=str(place),
        )
    if not given:
        raise EmptyPolicyError(
            f"The rule for {whose} allows nothing.",
            resolution='Name at least one operation, for example .to(["addUserToGroup"]), or remove the rule.',
            location=str(place),
        )
    for name in given:
        if name not in GRANT_NAMES:
            raise InvalidActionError(
                f"There is no grant {shown(name)}.", resolution=advice(name, GRANT_NAMES), location=str(place)
            )
    return tuple(given)
