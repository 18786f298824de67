"""define_rest_api: routes, options, and how several APIs live in one backend."""

import msgspec
import pytest

from poolhouse import errors
from poolhouse.define import manifest
from poolhouse.define.manifest import RestApi, RestRoute, UserPoolId


def rest(project, options, **more):
    project.run("api/resource.py", f"api = define_rest_api({options})")
    return project.names["api"]


def test_the_defaults(project):
    """Every route asks for a user pool token, Admin Queries' stage is `dev`, every origin may call."""
    api = rest(project, "name='AdminQueries', routes={'/{proxy+}': fn}")
    assert api.api == RestApi(
        name="AdminQueries",
        stage="dev",
        routes=(RestRoute(path="/{proxy+}", method="ANY", function="fn", authorizer="userPool"),),
        scopes=("aws.cognito.signin.user.admin",),
        id_tokens="own",
        allow_origins=("*",),
    )
    assert [function.name for function in api.functions] == ["fn"]


def test_routes_and_their_authorizers(project):
    """A route may differ from its API; the method may be left out."""
    routes = (
        "{'GET /': fn, 'POST /a/{id}': {'function': fn}, 'ANY /b/{c}/{d+}': {'function': fn, 'authorizer': 'userPool'}}"
    )
    api = rest(project, f"name='x', routes={routes}, authorizer='none'").api
    told = [(route.method, route.path, route.authorizer) for route in api.routes]
    assert told == [("GET", "/", "none"), ("POST", "/a/{id}", "none"), ("ANY", "/b/{c}/{d+}", "userPool")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("routes={'/': fn}", "needs the option 'name'"),
        ("name='x'", "needs the option 'routes'"),
        ("name='', routes={'/': fn}", "name"),
        ("name='a/b', routes={'/': fn}", "name"),
        ("name='x', stage='a b', routes={'/': fn}", "stage"),
        ("name='x', routes={}", "routes"),
        ("name='x', routes=[fn]", "routes"),
        ("name='x', routes={'/': 5}", "dict of options"),
        ("name='x', routes={'/': {}}", "needs a function"),
        ("name='x', routes={'/': {'function': fn, 'authoriser': 'none'}}", "no option 'authoriser'"),
        ("name='x', routes={5: fn}", "not a route"),
        ("name='x', routes={'a': fn}", "not a route"),
        ("name='x', routes={'/a//b': fn}", "not a route"),
        ("name='x', routes={'/a/': fn}", "not a route"),
        ("name='x', routes={'/a/../b': fn}", "not a route"),
        ("name='x', routes={'/{a+}/b': fn}", "not a route"),
        ("name='x', routes={'/{a}/{a}': fn}", "not a route"),
        ("name='x', routes={'/a b': fn}", "no method"),
        ("name='x', routes={'get /a': fn}", "no method"),
        ("name='x', routes={'/{a}': fn, 'GET /{b}': fn}", "name only"),
        ("name='x', routes={'GET /a': fn, 'GET  /a': fn}", "twice"),
        ("name='x', routes={'/': fn}, authorizer='users'", "authorizer"),
        ("name='x', routes={'/': fn}, id_tokens=True", "id_tokens"),
        ("name='x', routes={'/': fn}, scopes='a'", "scopes"),
        ("name='x', routes={'/': fn}, scopes=['a b']", "scopes"),
        ("name='x', routes={'/': fn}, scopes=[], id_tokens='none'", "only ID tokens"),
        ("name='x', routes={'/': fn}, allow_origins=['https://a.example/']", "allow_origins"),
        ("name='x', routes={'/': fn}, allow_origins=['https://*.example']", "allow_origins"),
        ("name='x', routes={'/': fn}, allow_origins=['*', 'https://a.example']", "allow_origins"),
        ("name='x', routes={'/': fn}, allow_origins=['null']", "allow_origins"),
        ("name='x', routes={'/': fn}, cors=5", "no option 'cors'"),
    ],
)
def test_mistakes_are_explained(project, options, message):
    error = project.refused("api/resource.py", f"api = define_rest_api({options})", errors.DefinitionError)
    assert message in error.message


def test_signed_calls_are_not_served(project):
    """Named, not ignored."""
    options = "name='x', routes={'/': fn}, authorizer='iam'"
    error = project.refused("api/resource.py", f"define_rest_api({options})", errors.NotServedError)
    assert "'iam'" in error.message


def test_functions_and_grants_come_in_by_themselves(project):
    """A grant of a REST API is a grant on the user pool."""
    project.auth()
    access = "access=lambda allow: [allow.resource(fn).to(['addUserToGroup'])]"
    rest(project, f"name='AdminQueries', routes={{'/{{proxy+}}': fn}}, {access}")
    made = project.backend("auth=auth, admin_queries=api")
    assert [function.name for function in made.functions] == ["fn"]
    assert [grant.actions for grant in made.auth.grants] == [("cognito-idp:AdminAddUserToGroup",)]
    assert [api.root for api in made.rest_apis] == ["/dev"]
    assert manifest.decode(manifest.encode(made)) == made


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("name='x'", "name='X', stage='prod'", "share"),
        ("name='AdminQueries'", "name='dev'", "share"),
        ("name='AdminQueries', stage='graphql'", "name='x'", "uses itself"),
        ("name='AdminQueries', stage='us-east-1_abc'", "name='x'", "uses itself"),
        ("name='oauth2'", "name='x'", "uses itself"),
        ("name='Health'", "name='x'", "uses itself"),
        ("name='AdminQueries', stage='imports'", "name='x'", "uses itself"),
    ],
)
def test_apis_that_would_meet(project, first, second, message):
    """Also with a path of the server."""
    project.auth()
    for name, options in (("one", first), ("two", second)):
        project.run(f"{name}/resource.py", f"{name} = define_rest_api({options}, routes={{'/': fn}})")
    with pytest.raises(errors.DefinitionError) as caught:
        project.backend("auth=auth, one=one, two=two")
    assert message in caught.value.message


@pytest.mark.parametrize(
    "options",
    [
        "name='x', routes={'/': fn}",
        "name='x', routes={'/': fn}, authorizer='none', access=lambda allow: [allow.resource(fn).to(['getUser'])]",
    ],
)
def test_what_needs_a_pool(project, options):
    """An authorizer and a grant are refused without one."""
    rest(project, options)
    with pytest.raises(errors.DefinitionError, match="needs a user pool"):
        project.backend("api=api")


def test_an_open_api_needs_no_pool(project):
    rest(project, "name='x', routes={'/': fn}, authorizer='none'")
    assert [api.name for api in project.backend("api=api").rest_apis] == ["x"]


def test_the_pools_id_in_an_environment(project):
    """A reference, since the id is not known before the backend is applied."""
    project.names["pool"] = UserPoolId()
    project.function("environment={'USERPOOL': pool, 'GROUP': 'ADMINS'}")
    project.auth()
    made = project.backend("auth=auth, fn=fn")
    assert made.functions[0].environment == {"USERPOOL": UserPoolId(), "GROUP": "ADMINS"}
    assert manifest.decode(manifest.encode(made)) == made
    with pytest.raises(errors.DefinitionError, match="needs a user pool"):
        project.backend("fn=fn")


def test_the_same_api_twice_is_one(project):
    rest(project, "name='x', routes={'/': fn}, authorizer='none'")
    assert len(project.backend("a=api, b=api").rest_apis) == 1


def test_equal_definitions_are_equal_bytes(project):
    made = [rest(project, "name='x', routes={'/': fn}").api for _ in range(2)]
    assert msgspec.json.encode(made[0]) == msgspec.json.encode(made[1])
