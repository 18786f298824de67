"""What GraphQL and REST tell: refusals of callers who are known go on record, every request into the log."""

from operations.audit.trail import events, last

from poolhouse import telemetry
from poolhouse.access.principals import Root
from poolhouse.operations.audit import Edge, Told
from poolhouse.operations.callers import Asker, Handed

EVE = Asker("us-east-1_a", "sub-of-eve", "eve", "jti-1", "192.0.2.9", "graphql")
ADVICE = "This field needs a member of ADMINS."


async def test_a_user_who_was_turned_away(services, clock):
    told = Told(Edge(services, "graphql"), "r1", "192.0.2.9")
    told.asker = EVE
    told.denied("Mutation.addUserToGroup", ADVICE)
    await told.end()
    event = await last(services)
    assert (event.kind, event.operation, event.subject) == ("access", "Mutation.addUserToGroup", "sub-of-eve")
    assert (event.pool_id, event.at, event.result) == ("us-east-1_a", clock.now, "AccessDenied")
    assert event.actor.endswith(":userpool/us-east-1_a/user/sub-of-eve")
    said = {name: event.body[name] for name in ("username", "token_id", "address", "request_id", "way", "rule")}
    assert list(said.values()) == ["eve", "jti-1", "192.0.2.9", "r1", "graphql", ADVICE]


async def test_a_back_end_that_was_turned_away(services):
    told = Told(Edge(services, "graphql"), "r1", "")
    told.asker = Handed(Root("000000000000", "us-east-1"), "")
    told.denied("Query.secrets", ADVICE)
    await told.end()
    assert (await last(services)).actor == "arn:aws:iam::000000000000:root"


async def test_strangers_leave_no_record(services):
    """Guests and holders of an API key may knock as often as they like."""
    told = Told(Edge(services, "graphql"), "r1", "192.0.2.9")
    told.denied("Mutation.addUserToGroup", ADVICE)
    await told.end()
    assert await events(services) == []
    assert telemetry.recent[-1].rule == ADVICE


async def test_the_request_log(services, clock):
    """Every request with its decision and rule, the last thousand of them."""
    told = Told(Edge(services, "rest"), "r2", "192.0.2.9")
    told.asker, told.what, told.rule = EVE._replace(way="rest"), "AdminQueries POST /addUserToGroup", "authenticated"
    await told.end()
    asked = telemetry.recent[-1]
    assert (asked.at, asked.way, asked.operation) == (clock.now, "rest", "AdminQueries POST /addUserToGroup")
    assert (asked.result, asked.rule, asked.request_id) == ("ok", "authenticated", "r2")
    assert asked.milliseconds >= 0
    for number in range(1100):
        await Told(Edge(services, "rest"), str(number), "").end()
    assert (len(telemetry.recent), telemetry.recent[-1].request_id) == (1000, "1099")


async def test_calls_through_the_gate_are_logged(invoke):
    """With the rule that allowed, or what was refused."""
    await invoke("ListUserPools", {"MaxResults": 1})
    asked = telemetry.recent[-1]
    assert (asked.way, asked.operation, asked.result, asked.rule) == ("awsjson", "ListUserPools", "ok", "root")
    assert asked.principal == "arn:aws:iam::000000000000:root"
