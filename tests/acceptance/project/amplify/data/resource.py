from amplify.data.functions import asleep, bare, meddle, play, promote

from poolhouse import a, define_data

PROMOTE = {"userId": a.string().required(), "groupName": a.string().required()}
CALL = {"operation": a.string().required(), "request": a.json().required(), "delay": a.float()}

schema = a.schema(
    {
        "addUserToGroup": a.mutation()
        .arguments(PROMOTE)
        .authorization(lambda allow: [allow.group("ADMINS")])
        .handler(a.handler.function(promote))
        .returns(a.json()),
        "addUserToGroupStrictly": a.mutation()
        .arguments(PROMOTE)
        .authorization(lambda allow: [allow.group("ADMINS")])
        .handler(a.handler.function(promote))
        .returns(a.json().required()),
        "meddle": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.group("ADMINS")])
        .handler(a.handler.function(meddle))
        .returns(a.json()),
        "meddleWithoutGrant": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.group("ADMINS")])
        .handler(a.handler.function(bare))
        .returns(a.json()),
        "meddleLater": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.group("ADMINS")])
        .handler(a.handler.function(meddle).async_()),
        "addAsEditorOrByKey": a.mutation()
        .arguments(PROMOTE)
        .authorization(lambda allow: [allow.group("EDITORS"), allow.publicApiKey()])
        .handler(a.handler.function(promote))
        .returns(a.json()),
        "echo": a.query()
        .arguments({"text": a.string(), "json": a.json()})
        .authorization(lambda allow: [allow.authenticated()])
        .handler(a.handler.function(play))
        .returns(a.json()),
        "forGuests": a.query()
        .authorization(lambda allow: [allow.guest()])
        .handler(a.handler.function(play))
        .returns(a.json()),
        "forIdentities": a.query()
        .authorization(lambda allow: [allow.authenticated("identityPool")])
        .handler(a.handler.function(play))
        .returns(a.json()),
        "pipeline": a.query()
        .authorization(lambda allow: [allow.authenticated()])
        .handler([a.handler.function(play), a.handler.function(play)])
        .returns(a.json()),
        "shaped": a.query()
        .arguments({"kind": a.string().required()})
        .authorization(lambda allow: [allow.authenticated()])
        .handler(a.handler.function(play))
        .returns(a.json()),
        "fails": a.query()
        .arguments({"text": a.string().required()})
        .authorization(lambda allow: [allow.authenticated()])
        .handler(a.handler.function(play))
        .returns(a.json()),
        "slow": a.query()
        .authorization(lambda allow: [allow.authenticated()])
        .handler(a.handler.function(asleep))
        .returns(a.json()),
    }
).authorization(lambda allow: [allow.resource(meddle).to(["mutate"])])

data = define_data(
    schema=schema,
    authorization_modes={
        "default_authorization_mode": "iam",
        "api_key_authorization_mode": {"expires_in_days": 1},
    },
)
