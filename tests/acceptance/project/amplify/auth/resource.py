from amplify.data.functions import meddle, promote

from poolhouse import define_auth

auth = define_auth(
    login_with={"email": True},
    groups=["ADMINS", "EDITORS"],
    access=lambda allow: [
        allow.resource(promote).to(["addUserToGroup"]),
        allow.resource(meddle).to(["addUserToGroup"]),
        allow.resource(meddle).to(["listUsersInGroup"]),
    ],
)
