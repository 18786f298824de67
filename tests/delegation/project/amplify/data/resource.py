from amplify.data.functions import administer, itself, narrowed

from poolhouse import a, define_data

CALL = {"operation": a.string().required(), "request": a.json().required()}

schema = a.schema(
    {
        "administer": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.authenticated(), allow.authenticated("identityPool")])
        .handler(a.handler.function(administer))
        .returns(a.json()),
        "administerLater": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.authenticated()])
        .handler(a.handler.function(administer).async_()),
        "narrowed": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.authenticated()])
        .handler(a.handler.function(narrowed))
        .returns(a.json()),
        "itself": a.mutation()
        .arguments(CALL)
        .authorization(lambda allow: [allow.authenticated()])
        .handler(a.handler.function(itself))
        .returns(a.json()),
    }
).authorization(lambda allow: [allow.resource(narrowed).to(["mutate"])])

data = define_data(schema=schema)
