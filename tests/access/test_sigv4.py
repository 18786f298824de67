"""Signatures made by botocore are accepted, and nothing else is."""

from urllib.parse import quote

import pytest
from access.signing import (
    ADMIN_GET_USER,
    GRANT,
    ROOT,
    VAULT,
    authenticate,
    header,
    sign_request,
    signed_at,
    with_header,
)
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.access import credentials, sigv4
from poolhouse.access.principals import Root
from poolhouse.errors import (
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    ServiceError,
    UnrecognizedClientException,
)

MINUTE = 60_000_000
TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x24F, exclude_categories=["Cc", "Zs"]), max_size=12)
SPACED = st.lists(TEXT, max_size=4).map("  ".join)
PATHS = st.lists(st.one_of(st.sampled_from(["", ".", "..", "a b", "ü/é", "~x"]), TEXT), max_size=5).map(
    lambda parts: "/".join(quote(part, safe="~") for part in parts)
)
PAIR = st.tuples(TEXT.filter(bool), SPACED).map(lambda pair: "=".join(quote(part, safe="-_.~") for part in pair))
QUERIES = st.lists(PAIR, max_size=4).map("&".join)
EXTRA = st.dictionaries(st.from_regex(r"X-[A-Z][a-z]{1,8}", fullmatch=True), SPACED, max_size=3)


def session_key(now: int, lifetime: int = 3600) -> credentials.Credentials:
    return credentials.issue(VAULT, GRANT, now, lifetime)


@given(
    path=PATHS, query=QUERIES, extra=EXTRA, body=st.binary(max_size=200), service=st.sampled_from(["sts", "appsync"])
)
def test_every_request_that_botocore_signs_is_accepted(path, query, extra, body, service):
    """Encoded paths, dot and empty segments, queries and odd spacing give the canonical form of the SDK."""
    url = f"http://pool.example:4500/{path}" + (f"?{query}" if query else "")
    request = sign_request(url=url, headers={**ADMIN_GET_USER, **extra}, body=body, service=service)
    assert authenticate(request) == Root("000000000000", "us-east-1")


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_published_vectors(method, signature):
    """The vanilla cases of the published Signature Version 4 test suite."""
    authorization = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )
    fields = [(b"host", b"example.amazonaws.com"), (b"x-amz-date", b"20150830T123600Z")]
    request = sigv4.Request(method, b"/", b"", [*fields, (b"authorization", authorization.encode())], b"")
    secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    sigv4.check(sigv4.parse(request.headers), request, secret, signed_at(request))


def test_a_browser_client_of_appsync_is_accepted():
    """aws-amplify signs content type, host with port, date, token and its user agent, for path /graphql."""
    headers = {"content-type": "application/json; charset=UTF-8", "x-amz-user-agent": "aws-amplify/6 api/1 framework/1"}
    plain = sign_request()
    key = session_key(signed_at(plain))
    request = sign_request(key[:3], url="http://127.0.0.1:4500/graphql", headers=headers, service="appsync")
    assert b"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-user-agent" in header(
        request, b"authorization"
    )
    assert authenticate(request).session.grant == GRANT


def test_headers_that_nobody_signed_may_be_added_by_the_way():
    """Proxies and HTTP clients add headers of their own."""
    request = with_header(sign_request(), b"x-forwarded-for", b"10.0.0.1")
    assert authenticate(request).arn == "arn:aws:iam::000000000000:root"


def test_repeated_signed_headers_are_joined():
    """Two fields of one name are one value with a comma."""
    request = sign_request(headers={**ADMIN_GET_USER, "X-List": "a,b"})
    split = with_header(request, b"x-list", None)
    split = split._replace(headers=[*split.headers, (b"x-list", b"a"), (b"x-list", b"b")])
    assert authenticate(split)


@pytest.mark.parametrize(
    "change",
    [
        lambda request: request._replace(body=request.body + b" "),
        lambda request: request._replace(path=b"/other"),
        lambda request: request._replace(query=b"a=b"),
        lambda request: request._replace(method="PUT"),
        lambda request: with_header(request, b"x-amz-target", b"AWSCognitoIdentityProviderService.AdminDeleteUser"),
        lambda request: with_header(request, b"host", b"evil.example"),
        lambda request: with_header(request, b"content-type", b"text/plain"),
        lambda request: with_header(
            request, b"authorization", header(request, b"authorization").replace(b"us-east-1", b"eu-west-1")
        ),
        lambda request: with_header(
            request, b"authorization", header(request, b"authorization").replace(b"cognito-idp", b"appsync")
        ),
        lambda request: with_header(request, b"authorization", header(request, b"authorization")[:-64] + b"0" * 64),
    ],
)
def test_every_change_after_signing_is_refused(change):
    """Acceptance 10: body, path, query, method, signed headers, scope and signature are all covered."""
    with pytest.raises(InvalidSignatureException, match="The request signature we calculated does not match"):
        authenticate(change(sign_request()))


def test_a_signature_with_another_secret_is_refused():
    """Knowing the key id is not enough."""
    with pytest.raises(InvalidSignatureException):
        authenticate(sign_request((ROOT.access_key_id, "another secret")))


@pytest.mark.parametrize(
    ("offset", "words"),
    [(20, "Signature expired: .* is now earlier than .* - 5 min"), (-20, "Signature not yet current: .* 5 min")],
)
def test_a_request_outside_the_window_is_refused(offset, words):
    """Acceptance 11: 20 minutes late or early."""
    request = sign_request()
    with pytest.raises(InvalidSignatureException, match=words):
        authenticate(request, now_us=signed_at(request) + offset * MINUTE)


@pytest.mark.parametrize("seconds", [300, -300])
def test_the_window_includes_its_edges(seconds):
    """Five minutes are inside, one second more is not, and the width is a setting."""
    request = sign_request()
    now = signed_at(request) + seconds * 1_000_000
    beyond = now + (1_000_000 if seconds > 0 else -1_000_000)
    assert authenticate(request, now_us=now)
    with pytest.raises(InvalidSignatureException):
        authenticate(request, now_us=beyond)
    assert authenticate(request, now_us=beyond, window_seconds=900)


def test_the_scope_must_be_of_the_day_of_the_date():
    """A signing key of yesterday does not sign today."""
    request = sign_request()
    day = header(request, b"x-amz-date")[:8]
    moved = header(request, b"authorization").replace(day, b"20200101")
    with pytest.raises(InvalidSignatureException, match="Date in Credential scope"):
        authenticate(with_header(request, b"authorization", moved))


def test_an_unknown_key_is_refused():
    """Acceptance 12, in AWS's words."""
    with pytest.raises(UnrecognizedClientException, match=r"The security token included in the request is invalid\."):
        authenticate(sign_request(("AKIANOBODY", ROOT.secret_access_key)))


def test_no_authorization_at_all_is_missing_authentication():
    """Acceptance 13."""
    with pytest.raises(MissingAuthenticationTokenException, match="Missing Authentication Token"):
        authenticate(with_header(sign_request(), b"authorization", None), now_us=0)


@pytest.mark.parametrize(
    "value", [b"Bearer eyJhbGciOiJub25lIn0.e30.", b"Basic dGVzdDp0ZXN0", b"eyJhbGciOiJub25lIn0.e30."]
)
def test_a_user_token_does_not_sign_an_admin_operation(value):
    """The refusal names the algorithm and does not repeat the token."""
    with pytest.raises(IncompleteSignatureException, match="AWS4-HMAC-SHA256") as refusal:
        authenticate(with_header(sign_request(), b"authorization", value))
    assert value.split()[-1].decode() not in refusal.value.message


@pytest.mark.parametrize("separator", [b", ", b",", b" ,  "])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_parts_may_come_in_any_order(order, separator):
    """SDKs put the signature last; it is found elsewhere too, and a wrong one is wrong there too."""
    request = sign_request()
    parts = header(request, b"authorization").removeprefix(b"AWS4-HMAC-SHA256 ").split(b", ")
    moved = b"AWS4-HMAC-SHA256 " + separator.join(parts[each] for each in order)
    assert authenticate(with_header(request, b"authorization", moved))
    forged = moved.replace(parts[2], b"Signature=" + b"0" * 64)
    with pytest.raises(InvalidSignatureException):
        authenticate(with_header(request, b"authorization", forged))


@pytest.mark.parametrize("name", ["Credential", "SignedHeaders", "Signature"])
def test_a_missing_part_is_named(name):
    """Each of the three parts, left out alone."""
    request = sign_request()
    algorithm, _, rest = header(request, b"authorization").decode().partition(" ")
    kept = [part for part in rest.split(", ") if not part.startswith(name + "=")]
    with pytest.raises(IncompleteSignatureException, match=f"requires '{name}' parameter"):
        authenticate(with_header(request, b"authorization", f"{algorithm} {', '.join(kept)}".encode()))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("/aws4_request", "", "exactly 5"),
        ("/aws4_request", "/aws5_request", "terminator"),
        ("/us-east-1/", "//", "keyid/yyyymmdd"),
        ("SignedHeaders=content-type;host", "SignedHeaders=host;content-type", "sorted"),
        ("SignedHeaders=content-type", "SignedHeaders=content-type;content-type", "unique"),
        ("SignedHeaders=content-type", "SignedHeaders=Content-Type", "lower-case"),
        ("SignedHeaders=content-type", "SignedHeaders=content-length;content-type", "'content-length' is not in"),
        ("Signature=", "Signature=A", "hexadecimal"),
        ("Signature=", "Signature=a, Signature=", "twice"),
        (", Signature=", ", Other=1, Signature=", "known key=value"),
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "algorithm"),
    ],
)
def test_malformed_authorization_is_named(old, new, words):
    """Every malformation has its own sentence."""
    request = sign_request()
    changed = header(request, b"authorization").decode().replace(old, new)
    with pytest.raises(IncompleteSignatureException, match=words):
        authenticate(with_header(request, b"authorization", changed.encode()))


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-target", "content-type", "x-amz-security-token"])
def test_headers_that_decide_must_be_signed(name):
    """A target, a host or a token that the signature does not cover could be exchanged."""
    request = sign_request(session_key(signed_at(sign_request()))[:3])
    found = header(request, b"authorization").decode()
    start, _, rest = found.partition("SignedHeaders=")
    names, _, signature = rest.partition(", ")
    kept = ";".join(one for one in names.split(";") if one != name)
    with pytest.raises(IncompleteSignatureException, match=f"'{name}' must be a 'SignedHeader'"):
        authenticate(with_header(request, b"authorization", f"{start}SignedHeaders={kept}, {signature}".encode()))


@pytest.mark.parametrize("name", [b"host", b"x-amz-target", b"x-amz-date", b"authorization", b"x-amz-security-token"])
def test_headers_that_decide_must_not_be_repeated(name):
    """Two readers of a repeated header could each take another one."""
    request = sign_request(session_key(signed_at(sign_request()))[:3])
    twice = request._replace(headers=[*request.headers, (name, header(request, name))])
    with pytest.raises(IncompleteSignatureException, match="must not be repeated"):
        authenticate(twice)


@pytest.mark.parametrize("date", [b"20260230T000000Z", b"2026-01-01T00:00:00Z", b"20260101", b"", b"\xff"])
def test_a_date_that_is_none_is_refused(date):
    """Calendar and form are both checked."""
    with pytest.raises(IncompleteSignatureException, match="ISO-8601"):
        authenticate(with_header(sign_request(), b"x-amz-date", date), now_us=0)


def test_a_date_must_be_sent():
    """The `Date` header alone is not enough."""
    with pytest.raises(IncompleteSignatureException, match="X-Amz-Date"):
        authenticate(with_header(sign_request(), b"x-amz-date", None), now_us=0)


def test_a_declared_body_hash_is_compared_with_ours():
    """The right one passes, a wrong one and the two ways not to hash are refused."""
    body = b"{}"
    right = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert authenticate(sign_request(body=body, headers={**ADMIN_GET_USER, "X-Amz-Content-SHA256": right}))
    for wrong in ("0" * 64, "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"):
        request = sign_request(body=body, headers={**ADMIN_GET_USER, "X-Amz-Content-SHA256": wrong})
        with pytest.raises(InvalidSignatureException):
            authenticate(request)


def test_service_and_region_must_be_ours():
    """Another service, a region that is none, and in production any but the configured region."""
    with pytest.raises(InvalidSignatureException, match="correct service: 'cognito-idp'"):
        authenticate(sign_request(service="s3"))
    with pytest.raises(InvalidSignatureException, match="valid region"):
        authenticate(sign_request(region="nowhere"))
    abroad = sign_request(region="eu-central-1")
    assert authenticate(abroad).region == "eu-central-1"
    with pytest.raises(InvalidSignatureException, match="valid region"):
        authenticate(abroad, regions=sigv4.only_region("us-east-1"))


@pytest.mark.parametrize(
    "query", [b"X-Amz-Signature=00", b"x-amz-algorithm=AWS4-HMAC-SHA256", b"a=b&X%2DAmz%2DSignature=1"]
)
def test_presigned_requests_are_refused_by_name(query):
    """With or without an Authorization header."""
    request = sign_request()._replace(query=query)
    for one in (request, with_header(request, b"authorization", None)):
        with pytest.raises(IncompleteSignatureException, match="Presigned"):
            authenticate(one, now_us=0)


def test_temporary_credentials_need_their_token():
    """Acceptance 18: with the token a session, without it, with another's or with an empty one nobody."""
    now = signed_at(sign_request())
    key, other = session_key(now), session_key(now)
    assert authenticate(sign_request(key[:3])).session.access_key_id == key.access_key_id
    for triple in (key[:2], (*key[:2], other.session_token), (*key[:2], "x"), (ROOT[0], ROOT[1], key.session_token)):
        with pytest.raises(UnrecognizedClientException):
            authenticate(sign_request(triple))
    with pytest.raises(UnrecognizedClientException):
        authenticate(with_header(sign_request(key[:3]), b"x-amz-security-token", b""))


def test_temporary_credentials_expire():
    """At the instant of their expiration."""
    now = signed_at(sign_request())
    request = sign_request(session_key(now - 2 * MINUTE, 60)[:3])
    with pytest.raises(ExpiredTokenException, match="The security token included in the request is expired"):
        authenticate(request)


def test_a_session_signed_with_a_wrong_secret_is_refused():
    """The token alone proves nothing."""
    key = session_key(signed_at(sign_request()))
    with pytest.raises(InvalidSignatureException):
        authenticate(sign_request((key.access_key_id, "wrong", key.session_token)))


PIECES = st.sampled_from(
    ["AWS4-HMAC-SHA256", " ", ",", "=", "/", ";", "Credential=", "SignedHeaders=", "Signature=", "host;x-amz-date",
     "AKIAEXAMPLEEXAMPLE00/20260101/us-east-1/cognito-idp/aws4_request", "a" * 64, "\t", "é", "\0"]
)  # fmt: skip


@given(
    st.one_of(st.lists(PIECES, max_size=14).map("".join).map(str.encode), st.binary(max_size=200)),
    st.binary(max_size=20),
)
def test_garbage_is_refused_and_never_a_fault(authorization, date):
    """Whatever the header holds, the answer is one of AWS's refusals."""
    request = sign_request()
    request = with_header(with_header(request, b"authorization", authorization), b"x-amz-date", date)
    with pytest.raises(ServiceError):
        authenticate(request, now_us=0)


@given(st.integers(0, 400), st.integers(0, 255))
def test_no_changed_byte_of_the_authorization_passes(position, byte):
    """Only spaces between the parts may differ."""
    request = sign_request()
    original = header(request, b"authorization")
    at = position % len(original)
    changed = original[:at] + bytes([byte]) + original[at + 1 :]
    if changed.split() == original.split():
        return
    if changed.replace(b" ", b"").replace(b"\t", b"") == original.replace(b" ", b""):
        return
    with pytest.raises(ServiceError):
        authenticate(with_header(request, b"authorization", changed))
