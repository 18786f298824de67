"""`a` and the data part of the Manifest: types, names, rules and modes."""

import pytest

from poolhouse import a, errors
from poolhouse.define.manifest import (
    CustomType,
    DataAccess,
    EnumType,
    Field,
    HandlerRef,
    Operation,
    Rule,
    TypeRef,
)

REST = ".authorization(lambda allow: [allow.group('ADMINS')]).handler(a.handler.function(fn))"
FULL = REST + ".returns(a.json())"
SCALARS = {
    "id": "ID",
    "string": "String",
    "integer": "Int",
    "float": "Float",
    "boolean": "Boolean",
    "date": "AWSDate",
    "time": "AWSTime",
    "datetime": "AWSDateTime",
    "timestamp": "AWSTimestamp",
    "email": "AWSEmail",
    "json": "AWSJSON",
    "phone": "AWSPhone",
    "url": "AWSURL",
    "ipAddress": "AWSIPAddress",
}


def compiled(project, members, modes="None", rules="", auth=True):
    if auth:
        project.auth()
    project.data(members, modes, rules)
    return project.backend("auth=auth, data=data" if auth else "data=data").data


def refused(project, members, kind, modes="None", rules="", backend="auth=auth, data=data"):
    """Everything on line 3 of one file, so that every place is that line."""
    project.auth()
    return project.refused(
        "data/resource.py",
        f"define_backend({backend.replace('data=data', f'data=define_data(schema=a.schema({members}){rules}, authorization_modes={modes})')})",
        getattr(errors, kind),
    )


def test_the_printed_mutation(project):
    """S1: arguments in order, nullable AWSJSON, one group rule, one handler."""
    data = compiled(
        project,
        "{'addUserToGroup': a.mutation().arguments({'userId': a.string().required(), 'groupName': a.string().required()})"
        + FULL
        + "}",
        "{'default_authorization_mode': 'iam'}",
    )
    text = TypeRef(name="String", required=True)
    assert data.default_mode == "identityPool"
    assert data.operations == (
        Operation(
            name="addUserToGroup",
            kind="mutation",
            arguments=(Field(name="userId", type=text), Field(name="groupName", type=text)),
            returns=TypeRef(name="AWSJSON"),
            rules=(Rule(strategy="groups", provider="userPools", groups=("ADMINS",)),),
            handlers=(HandlerRef(function="fn"),),
        ),
    )


@pytest.mark.parametrize(("method", "name"), SCALARS.items())
def test_scalars(project, method, name):
    """S2."""
    data = compiled(project, f"{{'f': a.query(){REST}.returns(a.{method}())}}")
    assert data.operations[0].returns == TypeRef(name=name)


@pytest.mark.parametrize("field", ["a.string()", "a.ref('X')"])
@pytest.mark.parametrize(
    ("chain", "flags"),
    [
        ("", (False, False, False)),
        (".required()", (True, False, False)),
        (".array()", (False, True, False)),
        (".required().array()", (True, True, False)),
        (".array().required()", (False, True, True)),
        (".required().array().required()", (True, True, True)),
    ],
)
def test_required_and_array(project, field, chain, flags):
    """S3: before array() for the element, after it for the list."""
    data = compiled(project, f"{{'X': a.enum(['A']), 'f': a.query(){REST}.returns({field}{chain})}}")
    returns = data.operations[0].returns
    assert (returns.required, returns.array, returns.array_required) == flags


def test_inline_return_types_are_named(project):
    """S4: FooReturnType with FooReturnTypeBar, objects and enums alike."""
    data = compiled(
        project,
        "{'foo': a.query()"
        + REST
        + ".returns(a.customType({'bar': a.customType({'x': a.id()}), 'baz': a.enum(['A'])}))}",
    )
    assert [t.name for t in data.types] == ["FooReturnType", "FooReturnTypeBar"]
    assert data.enums == (EnumType(name="FooReturnTypeBaz", values=("A",)),)
    assert data.operations[0].returns == TypeRef(name="FooReturnType", kind="custom")
    assert all(t.used_as == ("output",) for t in data.types)


def test_inline_argument_types_are_named(project):
    """FooBar for an enum, FooBarInput for an object, FooObjNInput inside of one."""
    data = compiled(
        project,
        "{'foo': a.query().arguments({'bar': a.enum(['A']), 'obj': a.customType({'n': a.customType({'x': a.id()}),"
        " 'e': a.enum(['B'])})})" + FULL + "}",
    )
    assert [(t.name, t.used_as) for t in data.types] == [("FooObjInput", ("input",)), ("FooObjNInput", ("input",))]
    assert [e.name for e in data.enums] == ["FooBar", "FooObjE"]
    assert [f.type.name for f in data.operations[0].arguments] == ["FooBar", "FooObjInput"]


def test_named_types_serve_as_input_too(project):
    """S5: X stays X in the Manifest; its uses say that XInput and XBarInput are needed."""
    data = compiled(
        project,
        "{'X': a.customType({'bar': a.customType({'y': a.ref('Y')})}), 'Y': a.customType({'z': a.id()}),"
        " 'Z': a.customType({'z': a.id()}), 'foo': a.query().arguments({'x': a.ref('X').required()})" + FULL + "}",
    )
    assert {t.name: t.used_as for t in data.types} == {
        "X": ("output", "input"),
        "XBar": ("output", "input"),
        "Y": ("output", "input"),
        "Z": ("output",),
    }
    assert data.operations[0].arguments[0].type == TypeRef(name="X", kind="custom", required=True)


def test_types_may_refer_to_each_other_in_circles(project):
    data = compiled(
        project,
        "{'A': a.customType({'b': a.ref('B')}), 'B': a.customType({'a': a.ref('A').required().array()}),"
        " 'foo': a.query().arguments({'x': a.ref('A')})" + FULL + "}",
    )
    assert data.types[0] == CustomType(
        name="A", fields=(Field(name="b", type=TypeRef(name="B", kind="custom")),), used_as=("output", "input")
    )


def test_handlers_in_order_and_asynchronous(project):
    """The last one decides, so `.returns` may be absent; `async` is reachable by its own name."""
    handlers = "[a.handler.function(fn), getattr(a.handler.function(fn), 'async')()]"
    rule = ".authorization(lambda allow: allow.authenticated())"
    data = compiled(project, f"{{'f': a.mutation(){rule}.handler({handlers})}}")
    assert data.operations[0].handlers == (
        HandlerRef(function="fn"),
        HandlerRef(function="fn", asynchronous=True),
    )
    assert data.operations[0].returns is None
    last = compiled(project, f"{{'f': a.mutation(){rule}.handler(a.handler.function(fn).async_())}}")
    assert last.operations[0].handlers == (HandlerRef(function="fn", asynchronous=True),)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("publicApiKey()", Rule(strategy="public", provider="apiKey")),
        ("guest()", Rule(strategy="guest", provider="identityPool")),
        ("authenticated()", Rule(strategy="authenticated", provider="userPools")),
        ("authenticated('userPools')", Rule(strategy="authenticated", provider="userPools")),
        ("authenticated('identityPool')", Rule(strategy="authenticated", provider="identityPool")),
        ("group('ADMINS')", Rule(strategy="groups", provider="userPools", groups=("ADMINS",))),
        ("groups(['ADMINS', 'ADMINS'])", Rule(strategy="groups", provider="userPools", groups=("ADMINS",))),
    ],
)
def test_rules(project, written, rule):
    """Section 4.5; repeated rules are kept once."""
    modes = "{'default_authorization_mode': 'userPool', 'api_key_authorization_mode': {}}"
    one = f"allow.{written}"
    chain = f".authorization(lambda allow: [{one}, {one}]).handler(a.handler.function(fn)).returns(a.id())"
    assert compiled(project, f"{{'f': a.query(){chain}}}", modes).operations[0].rules == (rule,)


def test_schema_rules_are_inherited_where_there_are_none(project):
    """An own rule replaces them; functions may be let in at schema level."""
    handler = ".handler(a.handler.function(fn)).returns(a.id())"
    own = f"a.query(){handler}.authorization(lambda allow: [allow.guest()])"
    data = compiled(
        project,
        f"{{'f': a.query(){handler}, 'g': {own}, 'h': a.query(){handler}.authorization(lambda allow: [])}}",
        rules=".authorization(lambda allow: [allow.group('ADMINS'), allow.resource(fn).to(['query'])])",
    )
    assert [operation.rules[0].strategy for operation in data.operations] == ["groups", "guest", "groups"]
    assert data.access == (DataAccess(function="fn", actions=("query",)),)


def test_a_function_may_do_both_by_default(project):
    data = compiled(project, f"{{'f': a.query(){FULL}}}", rules=".authorization(lambda allow: allow.resource(fn))")
    assert data.access == (DataAccess(function="fn", actions=("query", "mutate")),)


def test_operations_without_arguments(project):
    """S15."""
    assert compiled(project, f"{{'f': a.query(){FULL}}}").operations[0].arguments == ()
    assert compiled(project, f"{{'f': a.query().arguments({{}}){FULL}}}").operations[0].arguments == ()


def test_default_modes(project):
    """S13: the user pool with an auth, an API key of seven days without."""
    assert compiled(project, f"{{'f': a.query(){FULL}}}").default_mode == "userPool"
    public = ".authorization(lambda allow: [allow.publicApiKey()]).handler(a.handler.function(fn)).returns(a.id())"
    data = compiled(project, f"{{'f': a.query(){public}}}", auth=False)
    assert (data.default_mode, data.api_key_expires_in_days) == ("apiKey", 7)


def test_iam_is_another_name_of_identity_pool(project):
    """S14: identical data."""
    found = [
        compiled(project, f"{{'f': a.query(){FULL}}}", f"{{'default_authorization_mode': '{mode}'}}")
        for mode in ("iam", "identityPool")
    ]
    assert found[0] == found[1]


def test_api_key_days(project):
    modes = "{'default_authorization_mode': 'apiKey', 'api_key_authorization_mode': {'expires_in_days': 365}}"
    assert compiled(project, f"{{'f': a.query(){FULL}}}", modes).api_key_expires_in_days == 365
    modes = "{'default_authorization_mode': 'apiKey'}"
    assert compiled(project, f"{{'f': a.query(){FULL}}}", modes).api_key_expires_in_days == 7


RULE = ".handler(a.handler.function(fn)).returns(a.id())"


@pytest.mark.parametrize(
    ("members", "message", "resolution"),
    [
        # S6, S7
        (
            "{'foo': a.query().authorization(lambda allow: [allow.guest()]).returns(a.id())}",
            "'foo' has no handler",
            ".handler(",
        ),
        (f"{{'foo': a.query(){RULE}}}", "'foo' has no authorization rule", ".authorization("),
        (
            f"{{'foo': a.query(){RULE}.authorization(lambda allow: [])}}",
            "'foo' has no authorization rule",
            ".authorization(",
        ),
        ("{'foo': a.query()}", "'foo' has no handler", ".handler("),
        (f"{{'foo': a.mutation(){REST}}}", "'foo' of Mutation has no return type", ".returns("),
        (f"{{'foo': a.query(){REST}}}", "'foo' of Query has no return type", ".returns("),
        # S8, S9
        (f"{{'foo': a.query(){RULE}.authorization(lambda allow: [allow.owner()])}}", "owner", "allow.authenticated()"),
        (
            f"{{'foo': a.query(){RULE}.authorization(lambda allow: allow.groupsDefinedIn('x'))}}",
            "groupsDefinedIn",
            "models",
        ),
        (
            f"{{'foo': a.query(){RULE}.authorization(lambda allow: allow.authenticated('lambda'))}}",
            "'lambda'",
            "Use one of",
        ),
        (
            f"{{'foo': a.query(){RULE}.authorization(lambda allow: allow.authenticated('userPool'))}}",
            "'userPool'",
            "'userPools'",
        ),
        (
            f"{{'foo': a.query(){RULE}.authorization(lambda allow: allow.group('ADMINS', 'identityPool'))}}",
            "identityPool",
            "userPools",
        ),
        (f"{{'foo': a.query(){RULE}.authorization(lambda allow: allow.groups([]))}}", "at least one group", "ADMINS"),
        (f"{{'foo': a.query(){RULE}.authorization(lambda allow: [allow.guest().to(['read'])])}}", "to", "Remove .to"),
        (f"{{'foo': a.query(){RULE}.authorization(lambda allow: [allow.resource(fn)])}}", "resource", "on the schema"),
        (f"{{'foo': a.query(){RULE}.authorization(lambda allow: [None])}}", "None", "allow.group"),
        (f"{{'foo': a.query(){RULE}.authorization(lambda allow: [allow.grup('ADMINS')])}}", "grup", "'group"),
        # groups exist
        (f"{{'foo': a.query(){RULE}.authorization(lambda allow: [allow.group('ADMIN')])}}", "'ADMIN'", "'ADMINS'"),
        (f"{{'foo': a.query(){RULE}.authorization(lambda allow: [allow.group('admins')])}}", "'admins'", "'ADMINS'"),
        # S10
        (
            f"{{'X': a.enum(['A']), 'foo': a.query(){REST}.returns(a.ref('Nope'))}}",
            "foo refers to 'Nope'",
            "Use one of: X",
        ),
        (f"{{'foo': a.query().arguments({{'x': a.ref('Nope')}}){FULL}}}", "foo.x refers to 'Nope'", "Define Nope"),
        (f"{{'foo': a.query(){FULL}, 'bar': a.query(){REST}.returns(a.ref('foo'))}}", "'foo'", "Define"),
        # 4.6
        ("{'foo': a.query().handler(a.handler.function({}))}", "a dict", "define_function"),
        ("{'foo': a.query().handler([a.handler.function(fn), fn])}", "one kind", "a.handler.function"),
        ("{'foo': a.query().handler([])}", "at least one", "a.handler.function"),
        ("{'X': a.enum(['A B'])}", "'A B'", "without spaces"),
        ("{'X': a.enum(['true'])}", "'true'", "letters"),
        ("{'X': a.enum([])}", "at least one value", "a.enum"),
        ("{'X': a.enum(['A', 'A'])}", "twice", "Keep one"),
        ("{'X': a.enum(['A']).required()}", "required", "a.ref"),
        ("{'X': a.customType({})}", "an empty one", "userId"),
        ("{'X': a.customType({'a b': a.id()})}", "'a b'", "letters"),
        ("{'X': a.customType({'x': a.id})}", "'x'", "a.string()"),
        ("{'__x': a.query()}", "'__x'", "underscores"),
        ("{'X': a.enum(['A'])}", "no query and no mutation", "a.query()"),
        ("{'X': a.string()}", "'X'", "a.query()"),
        (f"{{'String': a.enum(['A']), 'foo': a.query(){FULL}}}", "named String", "Rename"),
        (
            f"{{'FooBar': a.enum(['A']), 'foo': a.query().arguments({{'bar': a.enum(['B'])}}){FULL}}}",
            "FooBar",
            "Rename",
        ),
        (
            f"{{'XInput': a.enum(['A']), 'X': a.customType({{'x': a.id()}}), 'foo': a.query().arguments({{'x': a.ref('X')}}){FULL}}}",
            "XInput",
            "Rename",
        ),
        (
            f"{{'X': a.customType({{'x': a.ref('X').required()}}), 'foo': a.query().arguments({{'x': a.ref('X')}}){FULL}}}",
            "could never be given",
            "optional",
        ),
        ("{'foo': a.query().returns(a.id()).returns(a.id())}", ".returns() was called already", "once"),
        ("{'foo': a.query().returns(a.id().required().required())}", ".required() was called", "once"),
        ("{'foo': a.query().returns(a.id().array().array())}", ".array() was called", "once"),
        ("{'foo': a.query().returns(5)}", "5", "a.string()"),
        ("{'foo': a.query().arguments([a.id()])}", "a list", "userId"),
        ("{'foo': a.query().retruns(a.id())}", "retruns", "'returns'"),
        ("{'foo': a.query().returns(a.strng())}", "strng", "'string'"),
        ("{'foo': a.query().returns(a.ip_address())}", "ip_address", "'ipAddress'"),
        ("{'foo': a.query().returns(a.ref(5))}", "5", "a.ref"),
        ("['foo']", "a list", "a.schema"),
    ],
)
def test_mistakes_are_explained(project, members, message, resolution):
    error = refused(project, members, "InvalidSchemaError")
    assert message in error.message
    assert resolution in error.resolution


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ("{'foo': a.subscription()}", "a.subscription"),
        ("{'foo': a.generation({})}", "a.generation"),
        ("{'foo': a.model({})}", "a.model"),
        ("{'foo': a.query().handler(a.handler.custom({}))}", "a.handler.custom"),
        ("{'foo': a.query().handler(a.handler.inlineSql('x'))}", "a.handler.inlineSql"),
        ("{'foo': a.query().handler(a.handler.sqlReference('x'))}", "a.handler.sqlReference"),
        ("{'foo': a.query().handler(a.handler.function('deployed'))}", "'deployed'"),
        ("{'foo': a.query().arguments({'x': a.string().default('x')})}", "default"),
        ("{'foo': a.query().arguments({'x': a.string().validate(1)})}", "validate"),
        ("{'foo': a.query().authorization(lambda allow: allow.custom())}", "custom"),
        ("{'foo': a.query().authorization(lambda allow: allow.authenticated('oidc'))}", "'oidc'"),
        ("{'foo': a.query().authorization(lambda allow: allow.group('ADMINS', 'oidc'))}", "'oidc'"),
    ],
)
def test_what_is_not_served_is_refused_by_name(project, members, named):
    assert named in refused(project, members, "NotServedError").message


@pytest.mark.parametrize(
    ("rules", "kind", "message"),
    [
        (".authorization(lambda allow: allow.resource(fn).to(['listen']))", "NotServedError", "listen"),
        (".authorization(lambda allow: allow.resource(fn).to(['read']))", "InvalidSchemaError", "'read'"),
        (".authorization(lambda allow: allow.resource(fn).to([]))", "EmptyPolicyError", "'fn'"),
        (".authorization(lambda allow: allow.resource('fn'))", "InvalidSchemaError", "'fn'"),
        (".authorization(lambda allow: []).authorization(lambda allow: [])", "InvalidSchemaError", "already"),
        (".authorization(lambda allow: allow.group('NOBODY'))", "InvalidSchemaError", "'NOBODY'"),
    ],
)
def test_schema_rules_are_checked(project, rules, kind, message):
    assert message in refused(project, f"{{'f': a.query(){FULL}}}", kind, rules=rules).message


@pytest.mark.parametrize(
    ("modes", "kind", "message", "resolution"),
    [
        (
            "{'api_key_authorization_mode': {}}",
            "DefineDataConfigurationError",
            "no default",
            "default_authorization_mode",
        ),  # S12
        ("{'default_authorization_mode': 'lambda'}", "NotServedError", "'lambda'", "userPool"),
        ("{'default_authorization_mode': 'oidc'}", "NotServedError", "'oidc'", "userPool"),
        ("{'lambda_authorization_mode': {}}", "NotServedError", "lambda_authorization_mode", ""),
        ("{'oidc_authorization_mode': {}}", "NotServedError", "oidc_authorization_mode", ""),
        ("{'default_authorization_mode': 'userPools'}", "DefinitionError", "'userPools'", "'userPool'"),
        (
            "{'defaultAuthorizationMode': 'iam'}",
            "DefinitionError",
            "'defaultAuthorizationMode'",
            "'default_authorization_mode'",
        ),
        (
            "{'default_authorization_mode': 'apiKey', 'api_key_authorization_mode': {'expires_in_days': 366}}",
            "AmplifyDataConstructInitializationError",
            "366",
            "1 to 365",
        ),
        ("{'api_key_authorization_mode': {'description': 'x'}}", "NotServedError", "description", ""),
    ],
)
def test_modes_are_checked(project, modes, kind, message, resolution):
    error = refused(project, f"{{'f': a.query(){FULL}}}", kind, modes)
    assert message in error.message
    assert resolution in error.resolution


@pytest.mark.parametrize(
    ("rule", "modes", "backend", "provider"),
    [
        ("publicApiKey()", "{'default_authorization_mode': 'userPool'}", "auth=auth, data=data", "API Key"),  # S11
        ("group('ADMINS')", "None", "data=data", "Cognito User Pools"),
        ("guest()", "None", "data=data", "Cognito identity pool"),
        ("publicApiKey()", "{'default_authorization_mode': 'userPool'}", "data=data", "Cognito User Pools"),
    ],
)
def test_a_rule_needs_its_provider(project, rule, modes, backend, provider):
    members = f"{{'f': a.query(){RULE}.authorization(lambda allow: [allow.{rule}])}}"
    error = refused(project, members, "AmplifyDataConstructInitializationError", modes, backend=backend)
    assert f"no {provider} provider" in error.message


def test_data_needs_a_schema(project):
    error = project.refused("data/resource.py", "define_data(schema={})", errors.InvalidSchemaError)
    assert "a.schema" in error.message


@pytest.mark.parametrize("name", ['A"B', "A B", "A,B", "", 5])
def test_group_names_of_rules_are_checked_like_those_of_auth(project, name):
    """S18: the same characters are refused."""
    members = f"{{'f': a.query(){RULE}.authorization(lambda allow: [allow.group({name!r})])}}"
    assert "group" in refused(project, members, "DefinitionError").message


def test_an_error_points_at_the_line_of_its_part(project):
    """A rule that fails when everything is put together is shown where the rule stands."""
    project.auth()
    project.run(
        "data/resource.py",
        """\
        rest = a.query().handler(a.handler.function(fn)).returns(a.id())
        schema = a.schema({
            "f": rest.authorization(
                lambda allow: [allow.group("NOBODY")]
            ),
        })
        data = define_data(schema=schema)
        """,
    )
    with pytest.raises(errors.InvalidSchemaError) as caught:
        project.backend()
    assert caught.value.location == "amplify/data/resource.py:4"


def test_builders_do_not_change():
    """A chain gives copies, so a shared field stays as it is."""
    field = a.string()
    assert field.required().is_required
    assert not field.is_required
    assert not hasattr(field, "_private")
