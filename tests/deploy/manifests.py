"""Manifests that nobody wrote: groups, rules, types, grants and routes in every combination."""

from hypothesis import strategies as st

from poolhouse.define.grants import GRANT_NAMES, actions_of
from poolhouse.define.manifest import (
    VERSION,
    Auth,
    CustomType,
    Data,
    DataAccess,
    Field,
    Function,
    Grant,
    Group,
    HandlerRef,
    Manifest,
    Operation,
    RestApi,
    RestRoute,
    Rule,
    TypeRef,
)

GROUPS = ("ADMINS", "Ops&Co", "öps", "$x{y}")
FUNCTIONS = ("one", "One", "two-three")
_SCALARS = st.sampled_from(("AWSJSON", "Int", "ID")).map(lambda name: TypeRef(name=name))
_CUSTOM = st.sampled_from(("Thing", "Other")).map(lambda name: TypeRef(name=name, kind="custom", array=True))
_PATHS = ("/", "/{proxy+}", "/a", "/a/{id}", "/a/{id}/b")


def manifests() -> st.SearchStrategy[Manifest]:
    """With a user pool, a GraphQL API and perhaps a REST API."""
    return st.builds(
        _manifest,
        st.lists(st.sampled_from(GROUPS), unique=True, min_size=1),
        st.lists(_operations(), min_size=1, max_size=4),
        _grants(),
        st.sampled_from(("userPool", "identityPool", "apiKey")),
        st.lists(_routes(), min_size=1, max_size=4, unique_by=(lambda route: (route.path, route.method))),
        st.lists(st.builds(DataAccess, function=_function(), actions=_actions()), max_size=2),
        st.sampled_from(((), ("aws.cognito.signin.user.admin", "orders/read"))),
    )


def _manifest(names, operations, grants, mode, routes, access, scopes) -> Manifest:
    return Manifest(
        version=VERSION,
        auth=Auth(groups=tuple(Group(name=name, precedence=at) for at, name in enumerate(names)), grants=grants),
        functions=tuple(Function(name=name, entry=f"amplify/{name}.py") for name in FUNCTIONS),
        data=Data(
            default_mode=mode,
            api_key_expires_in_days=30,
            operations=tuple(_operation(at, make, names) for at, make in enumerate(operations)),
            types=tuple(_types()),
            access=tuple(access),
        ),
        rest_apis=(RestApi(name="orders", routes=tuple(routes), scopes=scopes),),
    )


def _types() -> list[CustomType]:
    other = Field(name="other", type=TypeRef(name="Other", kind="custom"))
    return [
        CustomType(name="Thing", fields=(Field(name="name", type=TypeRef(name="String")), other)),
        CustomType(name="Other", fields=(Field(name="n", type=TypeRef(name="Int")),)),
    ]


def _operation(at, make, names) -> Operation:
    """Groups that the pool does not have are not named: definitions could not either."""
    kind, returns, kinds, chosen, handlers = make
    groups = tuple(names[one % len(names)] for one in chosen)
    rules = [Rule(strategy=s, provider=p, groups=groups if s == "groups" else ()) for s, p in kinds]
    handlers = tuple(HandlerRef(function=name, asynchronous=later) for name, later in handlers)
    return Operation(name=f"op{at}", kind=kind, returns=returns, rules=tuple(rules), handlers=handlers)


def _operations():
    kinds = (
        ("public", "apiKey"),
        ("guest", "identityPool"),
        ("authenticated", "userPools"),
        ("authenticated", "identityPool"),
        ("groups", "userPools"),
    )
    return st.tuples(
        st.sampled_from(("query", "mutation")),
        _SCALARS | _CUSTOM,
        st.lists(st.sampled_from(kinds), min_size=1, max_size=3),
        st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True),
        st.lists(st.tuples(_function(), st.booleans()), min_size=1, max_size=2),
    )


def _function():
    return st.sampled_from(FUNCTIONS)


def _actions():
    return st.sampled_from((("query",), ("mutate",), ("query", "mutate")))


def _grants():
    names = st.lists(st.sampled_from(GRANT_NAMES), min_size=1, max_size=3, unique=True).map(tuple)
    one = st.tuples(_function(), names).map(
        lambda pair: Grant(function=pair[0], names=pair[1], actions=actions_of(pair[1]))
    )
    return st.lists(one, max_size=3).map(tuple)


def _routes():
    return st.builds(
        RestRoute,
        path=st.sampled_from(_PATHS),
        method=st.sampled_from(("ANY", "GET", "POST", "OPTIONS")),
        function=_function(),
        authorizer=st.sampled_from(("userPool", "none")),
    )
