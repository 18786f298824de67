from amplify.data.functions import administer, greet, itself, narrowed

from poolhouse import define_auth

EVERYTHING = [
    "manageUsers",
    "manageGroupMembership",
    "manageGroups",
    "manageUserDevices",
    "managePasswordRecovery",
    "listUsers",
    "listUsersInGroup",
    "getUserAuthFactors",
    "listUserAuthEvents",
    "listUserSessions",
    "revokeUserSession",
    "deleteSoftwareToken",
    "updateAuthEventFeedback",
]

IMPORTS = ["createUserImportJob", "describeUserImportJob", "startUserImportJob", "stopUserImportJob"]

auth = define_auth(
    login_with={"email": True},
    groups=["OWNERS", "ADMINS", "SUPPORT", "CUSTOMERS", "EDITORS"],
    access=lambda allow: [
        allow.resource(administer).to([*EVERYTHING, "updateUserPool", *IMPORTS]),
        allow.resource(narrowed).to(["addUserToGroup", "getUser"], groups=["EDITORS"]),
        allow.resource(itself).to(["addUserToGroup"], own_authority=True),
        allow.resource(greet).to(["addUserToGroup"], groups=["EDITORS"]),
    ],
    delegation=lambda allow: [
        allow.group("OWNERS").to(EVERYTHING),
        allow.group("ADMINS").to(EVERYTHING),
        allow.group("SUPPORT").to(["getUser", "listUsers"], members_of=["CUSTOMERS"]),
        allow.group("SUPPORT").to(["addUserToGroup"], assigns=["CUSTOMERS"]),
        allow.protect(["ADMINS"]),
    ],
    triggers={"pre_sign_up": greet},
)
