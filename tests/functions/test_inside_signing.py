"""The signature of a worker's SDK for its own server: byte for byte what botocore's own signer makes of the request."""

import datetime as dt
from types import SimpleNamespace

import botocore.session
import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials, RefreshableCredentials
from functions.sdk import listed
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.functions import inside_sdk
from poolhouse.functions.inside_sdk import hasten, sign

SERVER = "http://127.0.0.1:4500"
HEADERS = {
    "X-Amz-Target": "AWSCognitoIdentityProviderService.AdminGetUser",
    "Content-Type": "application/x-amz-json-1.1",
    "User-Agent": "AdminQueries",
}
BODY = b'{"UserPoolId": "eu-test-1_a", "Username": "ana"}'
KEYS = ReadOnlyCredentials("ASIAEXAMPLE", "a-secret", "session token", None)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
LETTERS = st.text("abcXYZ-", min_size=1, max_size=6)


def both(headers=HEADERS, data=BODY, keys=KEYS) -> tuple[dict, dict]:
    """The headers after our signature, and after botocore's own of the same second."""
    ours = dict(headers)
    known = Credentials(keys.access_key, keys.secret_key, keys.token)
    signer = SimpleNamespace(_credentials=known, region_name="eu-test-1", signing_name="cognito-idp")
    sign(ours, "127.0.0.1:4500", data, signer)
    return ours, signed_by_botocore(headers, data, keys, ours["X-Amz-Date"])


def signed_by_botocore(headers, data, keys, stamp: str, url: str = f"{SERVER}/") -> dict[str, str]:
    request = AWSRequest("POST", url, dict(headers), data)
    request.context["timestamp"] = stamp
    signer = auth.SigV4Auth(keys, "cognito-idp", "eu-test-1")
    signer._modify_request_before_signing(request)
    told = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(told, request))
    return dict(request.headers)


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
    assert list(ours.items()) == list(own.items())
    assert "Authorization" in ours


@settings(max_examples=40)
@given(headers=st.dictionaries(LETTERS.map(str.lower), TEXT, max_size=5), data=st.binary(max_size=40))
def test_whatever_headers_there_are(headers, data):
    """Empty, and with spaces around them."""
    ours, own = both(headers, data)
    assert ours == own


def test_a_client_of_the_server_signs_this_way(shop):
    """From the client's call to what arrives, which botocore's own signer would sign the same."""
    server = shop.server()
    listed(shop.client(server.address))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
    names = headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert names == ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"]
    signed = {name: headers[name] for name in ("X-Amz-Target", "Content-Type")}
    keys = KEYS._replace(access_key="ASIA1", secret_key="secret", token="session")
    own = signed_by_botocore(signed, body, keys, headers["X-Amz-Date"], f"{server.address}/")
    assert headers["Authorization"] == own["Authorization"]


def made_client(keys):
    session = botocore.session.get_session()
    session._credentials = keys
    settings = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return session.create_client("cognito-idp", "eu-test-1", endpoint_url=SERVER, config=settings)


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
    client, headers = made_client(keys), dict(HEADERS)
    hasten(client, SERVER)
    assert keys._time_fetcher is inside_sdk._now
    sign(headers, "127.0.0.1:4500", BODY, client._request_signer)
    assert f"Credential={key}/" in headers["Authorization"]
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
