"""What one request may cost, and what is remembered (attacks 15 and 43)."""

import time

import pytest
from graphql import build_schema, get_introspection_query
from protocols.graphql.world import POINT, ROOT, USERS, World, cognito_session, manifest, operation, seed

from poolhouse.define.manifest import TypeRef
from poolhouse.protocols.graphql.answers import Refusal
from poolhouse.protocols.graphql.documents import Documents, Limits

CALL = 'addUserToGroup(userId: "x", groupName: "y")'


def recursive(world: World) -> dict[str, str]:
    """A query whose type refers to itself."""
    world.serve(manifest(operation("op", returns=TypeRef(name="Point", kind="custom")), types=(POINT,)))
    return world.user("bob")


async def test_batch_of_guarded_mutations(seeded: World) -> None:
    """A thousand aliases are refused as a whole; 25 run, each of them guarded."""
    admin, bob = seeded.user("admin", "ADMINS"), seeded.user("bob")
    thousand = "mutation { " + " ".join(f"a{i}: {CALL}" for i in range(1000)) + " }"
    some = "mutation { " + " ".join(f"a{i}: {CALL}" for i in range(26)) + " }"
    for query in (thousand, some):
        answer = await seeded.post(query, admin)
        assert (answer.status, answer.error["errorType"]) == (400, "LimitExceededException")
    assert seeded.events == []
    allowed = some.replace(f"a0: {CALL} ", "")
    denied = await seeded.post(allowed, bob)
    assert (len(denied.json["errors"]), seeded.events) == (25, [])
    assert len((await seeded.post(allowed, admin)).data) == 25


async def test_aliases_hidden_in_fragments(seeded: World) -> None:
    """Fragments count wherever they are spread."""
    parts = " ".join(f"a{i}: {CALL}" for i in range(13))
    query = f"mutation {{ ...F ... {{ ...F b: __typename }} }} fragment F on Mutation {{ {parts} }}"
    answer = await seeded.post(query, seeded.user("admin", "ADMINS"))
    assert "at most 25 top-level fields" in answer.error["message"]
    assert seeded.events == []


async def test_guard_holds_in_fragments(seeded: World) -> None:
    """A field inside fragments is guarded like any other."""
    query = f"mutation {{ ...F }} fragment F on Mutation {{ ... {{ hidden: {CALL} }} }}"
    answer = await seeded.post(query, seeded.user("bob"))
    assert (answer.error["path"], answer.error["errorType"], seeded.events) == (["hidden"], "Unauthorized", [])


@pytest.mark.parametrize(
    "query",
    [
        "{ op " + "{ next " * 25 + "{ x }" + " }" * 26,
        "{ op { x " + " ".join(f"a{i}: x" for i in range(600)) + " } }",
        "{ op { ...F0 } } "
        + " ".join(
            f"fragment F{i} on Point {{ a: next {{ ...F{i + 1} }} b: next {{ ...F{i + 1} }} }}" for i in range(12)
        )
        + " fragment F12 on Point { x }",
        "{ op { x } } " + "#" * 70_000,
        "{ " + "... { " * 110 + "op { x }" + " }" * 111,
        "{ op { ...F0 } } "
        + " ".join(f"fragment F{i} on Point {{ x ...F{i + 1} }}" for i in range(110))
        + " fragment F110 on Point { x }",
        "{ op { ...F50 ...F0 } } "
        + " ".join(f"fragment F{i} on Point {{ x ...F{i + 1} }}" for i in range(110))
        + " fragment F110 on Point { x }",
        "{ op { x } } " + " ".join(f"fragment F{i} on Point {{ ...F{i + 1} }}" for i in range(240)),
        "{ __schema { " + " ".join(f"a{i}: types {{ name }}" for i in range(200)) + " } }",
        "{ op { " + "x " * 3000 + "} }",
    ],
)
async def test_documents_that_are_too_much(world: World, query: str) -> None:
    """Depth, fields, doubling fragments, length and tokens are bounded, quickly."""
    headers = recursive(world)
    started = time.perf_counter()
    answer = await world.post(query, headers)
    assert (answer.status, answer.error["errorType"]) == (400, "LimitExceededException")
    assert time.perf_counter() - started < 1
    assert world.events == []


@pytest.mark.parametrize(
    "query",
    [
        "{ op { " + "x " * 450 + "} }",
        "{ op { x } ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
        "query (" + " ".join(f"$v{i}: String" for i in range(300)) + ") { op { x } }",
        "{ " + "... { " * 90 + "op { x }" + " }" * 91,
        "{ " + " ".join(f"f: op {{ x{i} }}" for i in range(25)) + " }",
        "{ op { x } } " + " ".join(f"fragment F{i} on Point {{ ...F{i + 1} }}" for i in range(90)),
        "{" * 5000,
        "{ op(a: " + "[" * 900 + "]" * 900 + ") }",
    ],
)
async def test_awkward_documents_are_answered_quickly(world: World, query: str) -> None:
    """Within the limits nothing is quadratic enough to hurt."""
    headers = recursive(world)
    started = time.perf_counter()
    assert (await world.post(query, headers)).status in (200, 400)
    assert time.perf_counter() - started < 1


async def test_body_limit(world: World) -> None:
    """A body over the limit is not read to its end."""
    world.limits = Limits(body_bytes=1000)
    world.serve(seed())
    answer = await world.send(b"x" * 1001, world.user("admin", "ADMINS"))
    assert (answer.status, answer.error["errorType"]) == (413, "RequestEntityTooLargeException")


async def test_introspection(world: World) -> None:
    """The schema that tools see is the declared one, the scalars and enums included."""
    world.serve(manifest(operation("op", arguments={"a": TypeRef(name="AWSEmail", required=True)})))
    answer = await world.post(get_introspection_query(), world.user("bob"))
    types = {one["name"]: one for one in answer.data["__schema"]["types"]}
    assert [field["name"] for field in types["Query"]["fields"]] == ["op"]
    assert {"AWSJSON", "AWSEmail", "AWSDateTime"} <= types.keys()
    assert (await world.post(get_introspection_query(), world.user("bob"))).body == answer.body
    named = await world.post(
        'query ($n: String!) { t: __type(name: $n) { name } op(a: "a@b") }',
        world.user("bob"),
        variables={"n": "AWSJSON"},
    )
    assert named.data == {"t": {"name": "AWSJSON"}, "op": '{"ok":true}'}


async def test_internal_query_root_is_empty(seeded: World) -> None:
    """Without declared queries the root that GraphQL needs has no fields."""
    answer = await seeded.post('{ __type(name: "Query") { fields { name } } __typename }', seeded.user("bob"))
    assert answer.data == {"__type": {"fields": []}, "__typename": "Query"}


async def test_introspection_switched_off(world: World) -> None:
    """Neither `__schema` nor `__type`, not in a fragment either; `__typename` stays."""
    world.serve(manifest(operation("op"), introspection=False))
    headers = world.user("bob")
    for query in ("{ __schema { types { name } } }", '{ ...F } fragment F on Query { a: __type(name: "x") { name } }'):
        answer = await world.post(query, headers)
        assert (answer.status, answer.data) == (200, None)
        assert "Introspection is switched off" in answer.error["message"]
    assert (await world.post("{ __typename }", headers)).data == {"__typename": "Query"}


async def test_introspection_is_not_for_identity_pool_credentials(world: World) -> None:
    """Their roles have no policy for it; root may look."""
    world.serve(seed(rules=(USERS,)))
    query = "{ __schema { queryType { name } } }"
    assert (await world.post(query, world.signed(cognito_session()))).status == 401
    assert (await world.post(query, world.signed(ROOT))).data["__schema"]["queryType"] == {"name": "Query"}


async def test_introspection_is_bounded(seeded: World) -> None:
    """Few introspection fields, and no nesting that multiplies."""
    query = "{ " + " ".join(f"a{i}: __schema {{ types {{ name }} }}" for i in range(5)) + " }"
    assert (await seeded.post(query, seeded.user("bob"))).error["errorType"] == "LimitExceededException"
    deep = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
    assert "MaximumIntrospectionDepth" in (await seeded.post(deep, seeded.user("bob"))).error["message"]


def documents(**limits: int) -> Documents:
    return Documents(build_schema("type Query { a: Int b: Int c: Int }"), Limits(**limits), introspection=True)


def test_documents_are_remembered_by_text() -> None:
    """The same text is parsed once."""
    known = documents()
    assert known.get("{ a }") is known.get("{ a }")
    assert known.get("{ a }") is not known.get("{ a  }")


def test_the_least_recently_used_document_leaves() -> None:
    """The memory is bounded by entries, and touching a document keeps it."""
    known = documents(cached_documents=2)
    first = known.get("{ a }")
    known.get("{ b }")
    known.get("{ a }")
    known.get("{ c }")
    assert len(known) == 2
    assert known.get("{ a }") is first


def test_memory_is_bounded_by_bytes() -> None:
    """Long documents push out others."""
    known = documents(cached_bytes=100)
    for i in range(50):
        known.get(f"{{ a }} # {i:030}")
    assert len(known) == 2


def test_refusals_are_remembered() -> None:
    """An invalid document is not validated twice, but one that is too long is not kept."""
    known = documents(document_bytes=50)
    for _ in range(2):
        with pytest.raises(Refusal):
            known.get("{ nope }")
    with pytest.raises(Refusal):
        known.get("{ a }" + " " * 60)
    assert len(known) == 1
