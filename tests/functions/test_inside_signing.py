"""The signature of a worker's SDK for its own server: byte for byte what botocore's own signer makes of the request."""

import datetime as dt
import logging
from collections.abc import Iterator

import botocore.session
import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials, RefreshableCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.functions import inside_sdk
from poolhouse.functions.inside_sdk import Signing, hasten

SERVER = "http://127.0.0.1:4500"
HEADERS = {
    "X-Amz-Target": "AWSCognitoIdentityProviderService.AdminGetUser",
    "Content-Type": "application/x-amz-json-1.1",
    "User-Agent": "AdminQueries",
    "amz-sdk-invocation-id": "3f2b1c4e-0000-4000-8000-000000000000",
    "amz-sdk-request": "attempt=1",
}
BODY = b'{"UserPoolId": "eu-test-1_a", "Username": "ana"}'
KEYS = ReadOnlyCredentials("ASIAEXAMPLE", "a-secret", "session token", None)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
LETTERS = st.text("abcXYZ-", min_size=1, max_size=6)


@pytest.fixture(autouse=True)
def signers() -> Iterator[None]:
    """`hasten` changes what all clients of a process share."""
    before, hosts = dict(auth.AUTH_TYPE_MAPS), dict(inside_sdk._hosts)
    inside_sdk._hosts[f"{SERVER}/"] = "127.0.0.1:4500"
    yield
    auth.AUTH_TYPE_MAPS.update(before)
    inside_sdk._hosts.clear()
    inside_sdk._hosts.update(hosts)


def request(*, url: str = f"{SERVER}/", data=BODY, headers=HEADERS, context=None, more=(), params=None) -> AWSRequest:
    """`more` are headers that may repeat."""
    made = AWSRequest("POST", url, dict(headers), data, params)
    for name, value in more:
        made.headers[name] = value
    made.context = dict(context or {})
    return made


def both(keys=KEYS, **what) -> tuple[list, list]:
    """The headers after our signature, and after botocore's own of the same second."""
    ours, own = request(**what), request(**what)
    Signing(keys, "cognito-idp", "eu-test-1").add_auth(ours)
    signer = auth.SigV4Auth(keys, "cognito-idp", "eu-test-1")
    own.context["timestamp"] = ours.context["timestamp"]
    signer._modify_request_before_signing(own)
    told = signer.string_to_sign(own, signer.canonical_request(own))
    signer._inject_signature_to_request(own, signer.signature(told, own))
    return list(ours.headers.raw_items()), list(own.headers.raw_items())


PLAIN = {
    "as the SDK makes it": {},
    "no token": {"keys": KEYS._replace(token=None)},
    "nothing in it": {"data": b""},
    "spaces": {"headers": {**HEADERS, "X-Mine": "  a   b\tc "}},
    "names in capitals": {"headers": {name.upper(): value for name, value in HEADERS.items()}},
    "no headers": {"headers": {}},
    "what is never signed": {"headers": {**HEADERS, "X-Amzn-Trace-Id": "Root=1", "Expect": "100-continue"}},
}


@pytest.mark.parametrize("what", PLAIN.values(), ids=PLAIN)
def test_a_plain_request(what):
    """Every header in its place, the signature among them; botocore's signer has no part in it."""
    ours, own = both(**what)
    assert ours == own
    assert "Authorization" in dict(ours)
    assert inside_sdk._plain(request(**{name: each for name, each in what.items() if name != "keys"})) is not None


NOT_PLAIN = {
    "text": {"data": "a=1"},
    "nothing": {"data": None},
    "parameters": {"params": {"b": "2", "a": "1"}},
    "another alphabet": {"headers": {**HEADERS, "X-Mine": "\u00e9"}},
    "twice": {"more": [("X-Mine", "a"), ("x-mine", "b")]},
    "a date": {"headers": {**HEADERS, "Date": "Sat, 21 Nov 2026 22:00:00 GMT"}},
    "a hash": {"headers": {**HEADERS, "X-Amz-Content-SHA256": "0" * 64}},
    "a host": {"headers": {**HEADERS, "Host": "elsewhere.example"}},
    "signed before": {"headers": {**HEADERS, "Authorization": "old", "X-Amz-Date": "old"}},
    "a checksum": {"context": {"checksum": {"request_algorithm": {"in": "trailer"}}}},
    "no hash of the body": {"context": {"payload_signing_enabled": False}},
}


@pytest.mark.parametrize("what", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_is_left_to_botocore(what):
    """Nothing is guessed."""
    assert inside_sdk._plain(request(**what)) is None
    ours, own = both(**what)
    assert ours == own


def test_what_cannot_be_signed_fails_as_ever():
    """A header of bytes has no canonical form."""
    what = request(headers={**HEADERS, "X-Mine": b"a"})
    for signer in (Signing, auth.SigV4Auth):
        with pytest.raises(TypeError):
            signer(KEYS, "cognito-idp", "eu-test-1").add_auth(what)


@pytest.mark.parametrize("url", ["https://127.0.0.1:4500/", f"{SERVER}/page", f"{SERVER}/?a=1", "http://other:4500/"])
def test_other_addresses_are_left_to_botocore(url):
    """A path, a query, TLS, another server."""
    ours, own = both(url=url)
    assert ours == own


@settings(max_examples=40)
@given(more=st.lists(st.tuples(LETTERS, TEXT), max_size=5), data=st.binary(max_size=40))
def test_whatever_headers_there_are(more, data):
    """Repeated, empty, with spaces around them, in any spelling."""
    ours, own = both(more=more, data=data)
    assert ours == own


def test_a_log_of_signatures_is_botocores(caplog):
    """Who asks botocore to log what it signs gets it."""
    with caplog.at_level(logging.DEBUG, "botocore.auth"):
        ours, own = both()
    assert ours == own
    assert any("CanonicalRequest" in record.message for record in caplog.records)


def made_client(keys, address: str = SERVER):
    session = botocore.session.get_session()
    session._credentials = keys
    return session.create_client(
        "cognito-idp",
        "eu-test-1",
        endpoint_url=address,
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


def refreshable(expires: dt.datetime, **more) -> tuple[RefreshableCredentials, list[str]]:
    """Credentials and the list of their renewals."""
    renewals: list[str] = []

    def renewed() -> dict[str, str]:
        renewals.append("renewed")
        later = (expires + dt.timedelta(hours=2)).isoformat()
        return {"access_key": "ASIANEW", "secret_key": "new", "token": "new", "expiry_time": later}

    return RefreshableCredentials("ASIAOLD", "old", "old", expires, renewed, "test", **more), renewals


@pytest.mark.parametrize(("minutes", "key"), [(1, "ASIANEW"), (90, "ASIAOLD")])
def test_credentials_are_renewed_in_time(minutes, key):
    """The plain clock tells the same moment as botocore's own."""
    keys, renewals = refreshable(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes))
    client = made_client(keys)
    hasten(client, SERVER)
    assert keys._time_fetcher is inside_sdk._now
    assert keys.get_frozen_credentials().access_key == key
    assert len(renewals) == (key == "ASIANEW")
    client.close()


def test_a_clock_of_ones_own_stays():
    """And credentials without one are no trouble."""
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)

    def clock() -> dt.datetime:
        return noon

    keys, _ = refreshable(noon, time_fetcher=clock)
    client = made_client(keys)
    hasten(client, SERVER)
    client.close()
    inside_sdk._read_clock_plainly(None)
    assert keys._time_fetcher is clock


def test_a_client_of_the_server_signs_this_way():
    """From the client's call to the request that is about to leave, which botocore's own signer would sign the same."""
    client, leaving = made_client(Credentials(KEYS.access_key, KEYS.secret_key, KEYS.token)), []

    def keep(request, **_) -> None:
        leaving.append(request)
        raise ConnectionAbortedError

    client.meta.events.register("before-send", keep)
    hasten(client, SERVER)
    assert auth.AUTH_TYPE_MAPS["v4"] is Signing
    with pytest.raises(ConnectionAbortedError):
        client.admin_get_user(UserPoolId="eu-test-1_a", Username="ana")
    (sent,) = leaving
    headers = {name: value.decode() for name, value in sent.headers.items() if isinstance(value, bytes)}
    ours = headers["Authorization"]
    names = ours.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"} <= {*names}
    signed = {name: value for name, value in headers.items() if name.lower() in names}
    own = AWSRequest("POST", sent.url, signed, sent.body)
    own.context["timestamp"] = headers["X-Amz-Date"]
    signer = auth.SigV4Auth(KEYS, "cognito-idp", "eu-test-1")
    told = signer.string_to_sign(own, signer.canonical_request(own))
    signer._inject_signature_to_request(own, signer.signature(told, own))
    assert ours == own.headers["Authorization"]
    client.close()
