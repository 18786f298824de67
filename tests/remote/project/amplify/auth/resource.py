from amplify.auth.pool import DELEGATES, POOL
from amplify.data.functions import administer, narrowed

from poolhouse import reference_auth

ROLES = "arn:aws:iam::000000000000:role"

auth = reference_auth(
    **POOL,
    auth_role_arn=f"{ROLES}/signed-in",
    unauth_role_arn=f"{ROLES}/guests",
    groups={name: f"{ROLES}/{name}-members" for name in ("ADMINS", "Admins", "SUPPORT", "CUSTOMERS", "EDITORS")},
    access=lambda allow: [
        allow.resource(administer).to(
            [
                "manageUsers",
                "manageGroupMembership",
                "manageGroups",
                "managePasswordRecovery",
                "listUsers",
                "initiateAuth",
            ]
        ),
        allow.resource(narrowed).to(["addUserToGroup", "getUser"], groups=["EDITORS"]),
    ],
    delegation=(
        lambda allow: [
            allow.group("ADMINS").to(["manageUsers", "manageGroupMembership", "manageGroups"]),
            allow.group("SUPPORT").to(["getUser"], members_of=["CUSTOMERS"]),
            allow.group("SUPPORT").to(["addUserToGroup"], assigns=["CUSTOMERS"]),
            allow.protect(["ADMINS"]),
        ]
    )
    if DELEGATES
    else None,
)
