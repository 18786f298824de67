"""boto3 with a key: a CSV import, from the job over its upload to users who set a new password."""

import time
from collections.abc import Iterator

import httpx
import pytest
from clients.development import PASSWORD, Backend, new_email

ROLE = "arn:aws:iam::000000000000:role/logs"


@pytest.fixture
def pool(backend: Backend) -> Iterator[str]:
    """An empty pool of this test's own, where people sign in by e-mail."""
    asked = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
    made = backend.root.create_user_pool(PoolName="imported", **asked)["UserPool"]["Id"]
    yield made
    backend.root.delete_user_pool(UserPoolId=made)


def finished(backend: Backend, pool: str, job: str) -> dict:
    """The job, when it has ended."""
    for _ in range(400):
        shown = backend.root.describe_user_import_job(UserPoolId=pool, JobId=job)["UserImportJob"]
        if shown["Status"] not in ("Pending", "InProgress", "Stopping"):
            return shown
        time.sleep(0.05)
    raise AssertionError(shown)


def test_users_come_in_and_get_a_password(backend: Backend, pool: str) -> None:
    """The server's own address takes the file; the job runs by itself; a code from the inbox resets the password."""
    root, email = backend.root, new_email("imported")
    columns = root.get_csv_header(UserPoolId=pool)["CSVHeader"]
    values = {"cognito:username": email, "cognito:mfa_enabled": "false", "email": email, "email_verified": "true"}
    rows = [columns, [values.get(name, "") for name in columns], ["broken"]]
    made = root.create_user_import_job(JobName="people", UserPoolId=pool, CloudWatchLogsRoleArn=ROLE)["UserImportJob"]
    sent = httpx.put(
        made["PreSignedUrl"],
        content="\n".join(",".join(row) for row in rows),
        headers={"x-amz-server-side-encryption": "aws:kms"},
    )
    assert sent.status_code == 200
    root.start_user_import_job(UserPoolId=pool, JobId=made["JobId"])
    shown = finished(backend, pool, made["JobId"])
    assert [shown[name] for name in ("Status", "ImportedUsers", "FailedUsers")] == ["Succeeded", 1, 1]
    assert shown["CompletionDate"] >= shown["StartDate"] >= shown["CreationDate"]

    asked = {"ClientName": "app", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}
    client = root.create_user_pool_client(UserPoolId=pool, **asked)["UserPoolClient"]["ClientId"]
    attempt = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH"}
    parameters = {"USERNAME": email, "PASSWORD": PASSWORD}
    with pytest.raises(root.exceptions.PasswordResetRequiredException):
        backend.public.initiate_auth(**attempt, AuthParameters=parameters)
    backend.public.forgot_password(ClientId=client, Username=email)
    backend.public.confirm_forgot_password(
        ClientId=client, Username=email, ConfirmationCode=backend.code(email), Password=PASSWORD
    )
    assert "AuthenticationResult" in backend.public.initiate_auth(**attempt, AuthParameters=parameters)


def test_a_job_without_its_file_does_not_start(backend: Backend, pool: str) -> None:
    root = backend.root
    made = root.create_user_import_job(JobName="people", UserPoolId=pool, CloudWatchLogsRoleArn=ROLE)["UserImportJob"]
    with pytest.raises(root.exceptions.PreconditionNotMetException):
        root.start_user_import_job(UserPoolId=pool, JobId=made["JobId"])
    pages = root.list_user_import_jobs(UserPoolId=pool, MaxResults=10)["UserImportJobs"]
    assert [(job["JobId"], job["Status"]) for job in pages] == [(made["JobId"], "Created")]
