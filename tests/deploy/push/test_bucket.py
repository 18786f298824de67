"""The bucket of packaged functions: what it is set to, what goes in, whose it may be."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from emulator.ministack import new_account
from emulator.stacks import connect

from poolhouse.deploy.context import Asset
from poolhouse.deploy.push import bucket
from poolhouse.errors import AwsError


@pytest.fixture
def name(account) -> str:
    return f"code-{account.id}"


def test_it_is_private_encrypted_versioned_and_tls_only(account, name):
    """All of it is read back; a second time brings back what was loosened."""
    assert bucket.ensure(account, name)
    account.s3.delete_public_access_block(Bucket=name)
    assert not bucket.ensure(account, name)
    blocked = account.s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    assert account.s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rules = account.s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    (statement,) = json.loads(account.s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert account.s3.get_bucket_location(Bucket=name)["LocationConstraint"] == account.region


def test_equal_contents_are_uploaded_once(account, name, faults, tmp_path: Path):
    """A file is known by its hash, under which it lies."""
    file = tmp_path / "function.zip"
    file.write_bytes(b"code")
    asset = Asset("add", sha256(b"code").hexdigest(), file)
    bucket.ensure(account, name)
    assert bucket.upload(account, name, [asset]) == [asset]
    asked = len(faults.asked)
    assert bucket.upload(account, name, [asset]) == []
    assert [action.partition(" ")[0] for action in faults.asked[asked:]] == ["HEAD"]
    assert account.s3.get_object(Bucket=name, Key=asset.key)["Body"].read() == b"code"


def test_a_name_of_another_account_is_not_used(account, name, emulator):
    """Names of buckets are everybody's; nothing is uploaded to strangers."""
    stranger = connect(emulator, new_account())
    bucket.ensure(stranger, name)
    with pytest.raises(AwsError, match="another account's, or they may not s3:ListBucket") as caught:
        bucket.ensure(account, name)
    assert "--app" in caught.value.resolution
    assert account.s3.list_buckets()["Buckets"] == []
