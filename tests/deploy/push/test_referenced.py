"""A user pool that the definitions refer to, asked with boto3 of a real server: is it what they say?"""

import msgspec
import pytest
from app.conftest import settings_for
from app.running import project as copied
from app.running import serving

from poolhouse.define.manifest import VERSION, Auth, Manifest, ReferencedAuth
from poolhouse.deploy.push.referenced import check
from poolhouse.deploy.push.session import Account
from poolhouse.errors import AwsError, PushRefused

ROLE = "arn:aws:iam::000000000000:role/readers"


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A server with one more group, whose role is known."""
    folder = copied(tmp_path_factory.mktemp("there"))
    with serving(settings_for(f"sqlite:///{folder}/test.db"), folder) as running:
        running.aws("cognito-idp").create_group(UserPoolId=running.pool, GroupName="READERS", RoleArn=ROLE)
        yield running


@pytest.fixture
def account(there):
    aws = there.aws("cognito-idp")
    return Account("000000000000", "us-east-1", "arn:aws:iam::000000000000:root", None, None, None, aws)


@pytest.fixture
def referring(there):
    def referring(**change) -> Manifest:
        made = ReferencedAuth(
            region="us-east-1",
            user_pool_id=there.pool,
            user_pool_client_id=there.client,
            identity_pool_id=there.identity_pool,
            auth_role_arn="arn:aws:iam::000000000000:role/authed",
            unauth_role_arn="arn:aws:iam::000000000000:role/guests",
            group_role_arns={"READERS": ROLE},
        )
        return Manifest(version=VERSION, auth=Auth(reference=msgspec.structs.replace(made, **change)))

    return referring


def test_it_fits(account, referring):
    check(account, referring())


def test_a_pool_of_our_own_is_not_asked_about(account):
    check(account, Manifest(version=VERSION, auth=Auth()))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"group_role_arns": {"NOBODY": ROLE}}, "has no group NOBODY. It has: ADMINS, READERS."),
        ({"group_role_arns": {"READERS": ROLE + "2"}}, f"The group READERS has the role {ROLE} at AWS"),
    ],
)
def test_groups_that_are_others(account, referring, change, told):
    """Their members would get the credentials of another role than the one whose policies are written."""
    with pytest.raises(PushRefused) as caught:
        check(account, referring(**change))
    assert told in str(caught.value)


def test_a_client_with_a_secret(there, account, referring):
    aws = there.aws("cognito-idp")
    made = aws.create_user_pool_client(UserPoolId=there.pool, ClientName="secret", GenerateSecret=True)
    with pytest.raises(PushRefused, match="has a secret"):
        check(account, referring(user_pool_client_id=made["UserPoolClient"]["ClientId"]))


@pytest.mark.parametrize(
    "change", [{"user_pool_id": "us-east-1_AbCdEfGhI"}, {"user_pool_client_id": "1h57kf5cpq17m0eml12example"}]
)
def test_what_does_not_exist(account, referring, change):
    with pytest.raises(AwsError, match="does not exist"):
        check(account, referring(**change))
