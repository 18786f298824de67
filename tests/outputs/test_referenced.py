"""Client files of a server in front of a pool at AWS: sign-in leads there, the data API and REST lead here."""

import dataclasses

import pytest
from fresh import referenced_pool

from poolhouse.client import Outputs
from poolhouse.define.manifest import VERSION, Auth, Data, Group, Manifest
from poolhouse.outputs.amplify_outputs import Applied, amplify_outputs
from poolhouse.outputs.aws_exports import aws_exports
from poolhouse.outputs.files import FORMATS

HERE = "http://127.0.0.1:4500"
ELSEWHERE = "http://127.0.0.1:4566"
POOL = referenced_pool()
MANIFEST = Manifest(version=VERSION, auth=Auth(reference=POOL, groups=(Group("ADMINS", 0),)), data=Data())
AT_AWS = Applied(
    region="eu-central-1",
    user_pool_id=POOL.user_pool_id,
    user_pool_client_id=POOL.user_pool_client_id,
    identity_pool_id=POOL.identity_pool_id,
    base_url=HERE,
    pool_url="",
)
AT_ANOTHER = dataclasses.replace(AT_AWS, pool_url=ELSEWHERE)


def text_of(name, applied):
    return FORMATS[name].make(MANIFEST, applied, amplify_outputs(MANIFEST, applied)).decode()


@pytest.mark.parametrize(
    ("applied", "idp", "identity"),
    [
        (
            AT_AWS,
            "https://cognito-idp.eu-central-1.amazonaws.com",
            "https://cognito-identity.eu-central-1.amazonaws.com",
        ),
        (AT_ANOTHER, ELSEWHERE, ELSEWHERE),
    ],
)
def test_the_python_client(applied, idp, identity):
    """Signs in where the pool is, although the data API is here."""
    outputs = Outputs.read(amplify_outputs(MANIFEST, applied))
    assert outputs.graphql_url == f"{HERE}/graphql"
    assert outputs.service_url("cognito-idp") == idp
    assert outputs.service_url("cognito-identity") == identity


@pytest.mark.parametrize("name", ["js", "js-v5", "dart", "exports", "json-web", "json-mobile", "dart-mobile"])
def test_no_file_sends_sign_in_here(name):
    """Clients find the pool at AWS by themselves; one that is elsewhere is named."""
    assert "userPoolEndpoint: endpoint" not in text_of(name, AT_AWS)
    assert f'"endpoint": "{HERE}"' not in text_of(name, AT_AWS)
    assert ELSEWHERE not in text_of(name, AT_AWS)
    assert f"{HERE}/graphql" in text_of(name, AT_AWS)
    if name != "json-mobile":  # which takes host names of TLS only
        assert ELSEWHERE in text_of(name, AT_ANOTHER)


def test_the_identity_pool_of_the_first_generation():
    """Is found at AWS only."""
    assert aws_exports(MANIFEST, AT_AWS)["aws_cognito_identity_pool_id"] == POOL.identity_pool_id
    assert "aws_cognito_identity_pool_id" not in aws_exports(MANIFEST, AT_ANOTHER)
