from poolhouse import define_auth

auth = define_auth(
    login_with={"email": True, "preferred_username": True},
    groups=["Admins", "Editors"],
)
