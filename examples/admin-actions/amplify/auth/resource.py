from amplify.data.add_user_to_group.resource import add_user_to_group

from poolhouse import define_auth

auth = define_auth(
    login_with={"email": True},
    groups=["ADMINS"],
    access=lambda allow: [allow.resource(add_user_to_group).to(["addUserToGroup"])],
)
