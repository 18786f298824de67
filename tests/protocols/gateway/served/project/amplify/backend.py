from amplify.auth.resource import auth
from amplify.echo.resource import echo
from amplify.narrow.resource import narrow

from poolhouse import define_backend, define_rest_api

admin = define_rest_api(
    name="AdminQueries",
    routes={"/{proxy+}": echo},
    access=lambda allow: [allow.resource(echo).to(["getUser"])],
)
reports = define_rest_api(
    name="reports",
    stage="prod",
    routes={
        "GET /reports/{id}": {"function": narrow, "authorizer": "none"},
        "POST /reports": narrow,
    },
    id_tokens="pool",
    allow_origins=["https://app.example.com"],
)
define_backend(auth=auth, admin_queries=admin, reports=reports)
