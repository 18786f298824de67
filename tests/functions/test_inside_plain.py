"""Which calls of a worker's SDK take the short way, and that botocore has every other one to itself."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.client import BaseClient
from botocore.endpoint import Endpoint
from botocore.exceptions import ParamValidationError
from botocore.history import BaseHistoryHandler, get_global_history_recorder
from functions.sdk import always, listed, named

from poolhouse.functions.inside_sdk import Calls, hasten

TEXTS = {"timestamp": 1767323045, "blob": b"hi", "boolean": True, "integer": 7, "long": 7, "double": 7.5, "float": 7.5}


def given(shape, depth: int = 0):
    """Parameters of an operation: everything that its model knows, to the fourth level."""
    match shape.type_name:
        case "structure" if depth > 3:
            return {name: given(shape.members[name], depth + 1) for name in shape.required_members}
        case "structure":
            return {name: given(member, depth + 1) for name, member in shape.members.items()}
        case "list":
            return [given(shape.member, depth + 1)]
        case "map":
            return {"key \u00e9": given(shape.value, depth + 1)}
        case "string":
            return shape.enum[0] if shape.enum else "t\u00e9xt" * max(1, shape.metadata.get("min", 1))
        case kind:
            return TEXTS[kind]


def arguments(client, name: str):
    shape = client.meta.service_model.operation_model(name).input_shape
    return {} if shape is None else given(shape)


def is_plain(client, name: str = "ListUsersInGroup") -> bool:
    return client._make_api_call._plan(name) is not None


def test_every_operation_says_the_same_both_ways(shop):
    """With all its parameters: request line, headers, the agent among them, and body. Signed ones are plain."""
    server = shop.server()
    plain, short = shop.client(server.address, is_hastened=False), shop.client(server.address)
    for name in short.meta.service_model.operation_names:
        for client in (plain, short):
            client._make_api_call(name, arguments(client, name))
        own, ours = server.requests[-2:]
        assert named(ours) == named(own), name
        assert ours.partition(b"\r\n\r\n")[2] == own.partition(b"\r\n\r\n")[2], name
        assert is_plain(short, name) == (b"\nAuthorization: " in own), name
    assert len([name for name in short.meta.service_model.operation_names if is_plain(short, name)]) > 100


@pytest.mark.parametrize("mode", ["standard", "legacy", "adaptive"])
@pytest.mark.parametrize("agent", [None, "Mine/1.0"])
def test_every_kind_of_client_says_the_same_both_ways(shop, mode, agent, monkeypatch):
    """Modes of repeating, an agent of one's own, a trace that Lambda handed over. The adaptive mode listens itself."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "work")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1 \u00e9")
    server = shop.server()
    clients = [shop.client(server.address, mode=mode, user_agent=agent, is_hastened=each) for each in (False, True)]
    answers = [listed(client) for client in clients]
    own, ours = server.requests
    assert answers[0] == answers[1]
    assert named(own) == named(ours)
    assert "X-Amzn-Trace-Id" in named(ours)
    assert is_plain(clients[1]) == (mode != "adaptive")


def test_wrong_parameters_are_told_by_botocore(shop):
    """Nothing is sent."""
    server, told = shop.server(), []
    for is_hastened in (True, False):
        client = shop.client(server.address, is_hastened=is_hastened)
        with pytest.raises(ParamValidationError) as caught:
            client.list_users_in_group(UserPoolId=7, Limit="many")
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert server.requests == []


@pytest.mark.parametrize("event", ["before-send", "before-call", "after-call", "provide-client-params", "before-sign"])
def test_who_listens_hears(shop, event):
    """A handler that comes later is called from then on, and with its end the short way is back."""
    client, heard = shop.client(shop.server().address), []
    keep = lambda **told: heard.append(told["event_name"])  # noqa: E731 - registered and unregistered as the same
    assert listed(client)
    client.meta.events.register(f"{event}.cognito-idp", keep)
    assert not is_plain(client)
    assert listed(client)
    assert [name.partition(".")[0] for name in heard] == [event]
    client.meta.events.unregister(f"{event}.cognito-idp", keep)
    assert listed(client)
    assert len(heard) == 1
    assert is_plain(client)


def test_a_header_that_a_handler_added_breaks_nothing_out(shop):
    """A line break in it is refused as botocore's own session refuses it, and nothing is sent."""
    server = shop.server()
    client = shop.client(server.address)
    client.meta.events.register(
        "before-send", lambda request, **_: request.headers.__setitem__("X-Mine", "a\r\nX-Other: b")
    )
    with pytest.raises(Exception, match="header"):
        listed(client)
    assert server.requests == []


def test_an_agent_that_is_no_header(shop):
    """What would break out of the request is left to botocore, which refuses it; nothing is sent."""
    server = shop.server()
    client = shop.client(server.address, user_agent="mine\r\nX-Other: b")
    with pytest.raises(Exception, match="header"):
        listed(client)
    assert server.requests == []


@contextmanager
def watched(owner: type, name: str) -> Iterator[list[str]]:
    """As tools do that measure an application: a function around botocore's own."""
    own, seen = getattr(owner, name), []

    def around(self, *args, **more):
        seen.append(name)
        return own(self, *args, **more)

    setattr(owner, name, around)
    try:
        yield seen
    finally:
        setattr(owner, name, own)


@pytest.mark.parametrize(
    ("owner", "name"),
    [(BaseClient, "_make_api_call"), (Endpoint, "make_request"), (Endpoint, "prepare_request"), (Endpoint, "_send")],
)
def test_who_watches_botocore_sees(shop, owner, name):
    """Whether the tool or the client was there first."""
    server = shop.server()
    before = shop.client(server.address)
    with watched(owner, name) as seen:
        after = shop.client(server.address)
        for client in (before, after):
            assert listed(client)
        assert seen == [name] * 2
    assert listed(before)
    assert seen == [name] * 2
    assert is_plain(before)


def test_who_reads_botocores_log_finds_every_request(shop, caplog):
    """Its signature among them."""
    client = shop.client(shop.server().address)
    with caplog.at_level(logging.DEBUG, "botocore"):
        listed(client)
    assert any("CanonicalRequest" in record.message for record in caplog.records)
    assert any("Sending http request" in record.message for record in caplog.records)


def test_a_history_is_kept(shop):
    """The AWS CLI's own record of calls."""

    class Keep(BaseHistoryHandler):
        def emit(self, event_type, payload, source):
            kept.append(event_type)

    kept: list[str] = []
    recorder, client = get_global_history_recorder(), shop.client(shop.server().address)
    recorder.add_handler(Keep())
    recorder.enable()
    try:
        listed(client)
    finally:
        recorder.disable()
        recorder._handlers.clear()
    assert "HTTP_REQUEST" in kept


def test_a_time_is_read_as_the_session_was_told(shop, sdk_session):
    """And without that as botocore reads it."""
    server = shop.server()
    factory = sdk_session._session.get_component("response_parser_factory")
    client = shop.client(server.address)
    factory.set_parser_defaults(timestamp_parser=str)
    try:
        assert listed(client)["Users"][0]["UserCreateDate"] == "1767323045.678"
    finally:
        factory._defaults.clear()
    assert listed(client)["Users"][0]["UserCreateDate"].timestamp() == 1767323045.678


def test_a_signature_of_ones_own(shop):
    """A client that is to sign in another way, or not at all, does not go this way."""
    server = shop.server()
    for version in ("v4a", "bearer"):
        assert not is_plain(shop.client(server.address, signature_version=version))


@pytest.mark.parametrize("name", ["_user_agent_creator", "_serializer", "_endpoint"])
def test_a_client_without_what_is_needed_is_left_alone(shop, name):
    """Another version of botocore may call it by another name."""
    client = shop.client(shop.server(always).address, is_hastened=False)
    part = client.__dict__.pop(name)
    hasten(client, client.meta.endpoint_url)
    assert not isinstance(client._make_api_call, Calls)
    setattr(client, name, part)
    assert listed(client)


def test_an_operation_that_is_told_otherwise_is_not_plain(shop):
    """Versions of botocore before 1.39 do not know a preference for a way to sign."""
    client = shop.client(shop.server().address)
    assert is_plain(client)
    preference = client.meta.config.__dict__.pop("auth_scheme_preference")
    client._make_api_call._plans.clear()
    assert not is_plain(client)
    client.meta.config.auth_scheme_preference = preference
