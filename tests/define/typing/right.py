from poolhouse import a, define_auth, define_backend, define_data, define_function, secret

fn = define_function(
    name="fn",
    timeout_seconds=30,
    environment={"PLAIN": "x", "KEY": secret("KEY")},
    runtime="python3.11",
    architecture="x86_64",
)
auth = define_auth(
    login_with={
        "email": {
            "verification_email_subject": "Hello",
            "verification_email_body": lambda code: f"Your code is {code()}",
            "user_invitation": {"email_subject": "Come", "email_body": lambda user, code: f"{user} {code()}"},
        }
    },
    groups=["ADMINS"],
    access=lambda allow: [
        allow.resource(fn).to(["addUserToGroup", "manageUsers"]),
        allow.resource(fn).to(["confirmSignUp", "userGlobalSignOut"]),
    ],
    user_attributes={"given_name": {"required": True}, "custom:team": {"data_type": "String", "max_len": 9}},
    account_recovery="EMAIL_ONLY",
    multifactor={"mode": "OFF"},
)
schema = a.schema(
    {
        "Status": a.enum(["ON", "OFF"]),
        "Thing": a.customType({"status": a.ref("Status").required(), "at": a.datetime()}),
        "addUserToGroup": a.mutation()
        .arguments({"userId": a.string().required(), "from": a.ipAddress(), "tags": a.string().required().array()})
        .authorization(lambda allow: [allow.group("ADMINS"), allow.authenticated("identityPool")])
        .handler([a.handler.function(fn), a.handler.function(fn).async_()])
        .returns(a.json()),
        "find": a.query()
        .handler(a.handler.function(fn))
        .authorization(lambda allow: allow.groups(["ADMINS"], "userPools"))
        .returns(a.ref("Thing").array()),
    }
).authorization(lambda allow: [allow.authenticated(), allow.resource(fn).to(["query"])])
data = define_data(
    schema=schema,
    authorization_modes={
        "default_authorization_mode": "iam",
        "api_key_authorization_mode": {"expires_in_days": 30},
    },
)
backend = define_backend(auth=auth, data=data, listed=fn)
version: int = backend.manifest().version
