from amplify.data.add_user_to_group.resource import add_user_to_group

from poolhouse import a, define_data

schema = a.schema(
    {
        "addUserToGroup": a.mutation()
        .arguments({"userId": a.string().required(), "groupName": a.string().required()})
        .authorization(lambda allow: [allow.group("ADMINS")])
        .handler(a.handler.function(add_user_to_group))
        .returns(a.json()),
    }
)

data = define_data(schema=schema, authorization_modes={"default_authorization_mode": "iam"})
