from amplify.data.functions import administer, narrowed

from poolhouse import a, define_data

CALL = {"operation": a.string().required(), "request": a.json().required()}

schema = a.schema(
    {
        "administer": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.authenticated(), allow.group("ADMINS")])
        .handler(a.handler.function(administer))
        .returns(a.json()),
        "guarded": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.group("ADMINS")])
        .handler(a.handler.function(administer))
        .returns(a.json()),
        "narrowed": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.authenticated()])
        .handler(a.handler.function(narrowed))
        .returns(a.json()),
    }
)

data = define_data(schema=schema, authorization_modes={"default_authorization_mode": "userPool"})
