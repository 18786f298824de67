"""An import job whose server process is killed in the middle, and the process that goes on with it."""

import signal

import boto3
import httpx
from cli.command import ROOT_KEY, ROOT_SECRET, ready, started, wait_for

ROWS = 1500
HEADER = "cognito:username,cognito:mfa_enabled,email,email_verified\n"
KEYS = {"POOLHOUSE_ROOT_ACCESS_KEY_ID": ROOT_KEY, "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": ROOT_SECRET}


def reached(server):
    """A client of the server and the pool's id."""
    url = server.says(r"http://127\.0\.0\.1:\d+")[0]
    assert ready(url)
    keys = {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}
    client = boto3.client("cognito-idp", endpoint_url=url, region_name="us-east-1", **keys)
    return client, client.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]


def begun(client, pool: str) -> str:
    """A started job of ROWS users."""
    role = "arn:aws:iam::000000000000:role/logs"
    job = client.create_user_import_job(UserPoolId=pool, JobName="many", CloudWatchLogsRoleArn=role)["UserImportJob"]
    people = (f"u{number}@example.com" for number in range(ROWS))
    file = HEADER + "".join(f"{name},false,{name},true\n" for name in people)
    httpx.put(job["PreSignedUrl"], content=file.encode()).raise_for_status()
    client.start_user_import_job(UserPoolId=pool, JobId=job["JobId"])
    return job["JobId"]


def test_every_row_once(project, database):
    """Nobody is imported twice and nobody is left out, and the job comes to its end by itself."""
    arguments = ("dev", "--project", str(project), "--port", "0", "--database", database)
    with started(*arguments, cwd=project, given=KEYS) as server:
        client, pool = reached(server)
        job = begun(client, pool)
        shown = lambda: client.describe_user_import_job(UserPoolId=pool, JobId=job)["UserImportJob"]  # noqa: E731
        assert wait_for(lambda: shown()["ImportedUsers"] >= 60)
        assert server.end(signal.SIGKILL) == -signal.SIGKILL
    with started(*arguments, cwd=project, given=KEYS) as server:
        client, pool = reached(server)
        before = shown()
        assert (before["Status"], before["ImportedUsers"] < ROWS) == ("InProgress", True)
        assert wait_for(lambda: shown()["Status"] != "InProgress", 90)
        after = shown()
        assert (after["Status"], after["ImportedUsers"]) == ("Succeeded", ROWS)
        assert (after["SkippedUsers"], after["FailedUsers"]) == (0, 0)
        assert client.describe_user_pool(UserPoolId=pool)["UserPool"]["EstimatedNumberOfUsers"] == ROWS
