"""Jobs that import users from CSV files, and the upload that brings the file; `import_running` carries them out.

CreateUserImportJob, DescribeUserImportJob, ListUserImportJobs, StartUserImportJob, StopUserImportJob, GetCSVHeader.
"""

from typing import Any, Final

import msgspec

from poolhouse.crypto import codes
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import (
    LimitExceededException,
    NotAuthorizedException,
    PreconditionNotMetException,
    UserImportInProgressException,
)
from poolhouse.service_model.structs.cognito_idp import (
    CreateUserImportJobRequest,
    DescribeUserImportJobRequest,
    GetCSVHeaderRequest,
    ListUserImportJobsRequest,
    StartUserImportJobRequest,
    StopUserImportJobRequest,
)
from poolhouse.store import import_jobs, pools
from poolhouse.store.database import Transaction
from poolhouse.store.import_jobs import Job, JobState

from . import audit, paging
from ._described import present
from ._not_served import refuse
from .context import Call, Services, seconds
from .gate import Answer, operation
from .import_csv import header

LARGEST_FILE: Final = 100_000_000
"""Bytes."""
UPLOAD_PATH: Final = "/imports"
_UPLOAD: Final = "import-upload"
_FILE: Final = "import-file"
_UPLOAD_LIFETIME: Final = 15 * 60 * 1_000_000
_START_WITHIN: Final = 24 * 3600 * 1_000_000
_MOST_JOBS: Final = 1000
# A list holds at most 50, although 60 may be asked for.
_LARGEST_PAGE: Final = 50


class Upload(msgspec.Struct, frozen=True, array_like=True):
    """What the address of an upload says: the job that the file is for, and until when (epoch microseconds)."""

    job_id: str
    expires: int


@operation("GetCSVHeader", "read")
async def get_csv_header(ctx: Call, req: GetCSVHeaderRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    return {"UserPoolId": pool.id, "CSVHeader": header(pool.settings)}


@operation("CreateUserImportJob", "write")
async def create_user_import_job(ctx: Call, req: CreateUserImportJobRequest) -> Answer:
    """The role is kept and shown and nothing else: reports stay here, and AWS's log service is never called."""
    refuse("PasswordHashingAlgorithm", req.PasswordHashingAlgorithm is not None, "use `poolhouse users import`")
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    if await import_jobs.count(ctx.tx, pool.id) >= _MOST_JOBS:
        raise LimitExceededException(f"A user pool can have at most {_MOST_JOBS} import jobs.")
    state = JobState(role_arn=req.CloudWatchLogsRoleArn)
    job = Job(f"import-{codes.pool_suffix()}", pool.id, req.JobName, "Created", state, ctx.now, None, None)
    await import_jobs.add(ctx.tx, job)
    return {"UserImportJob": await _described(ctx, ctx.tx, job)}


@operation("DescribeUserImportJob", "read")
async def describe_user_import_job(ctx: Call, req: DescribeUserImportJobRequest) -> Answer:
    pool = await pools.get(ctx.tx, req.UserPoolId)
    return {"UserImportJob": await _described(ctx, ctx.tx, await import_jobs.get(ctx.tx, pool.id, req.JobId))}


@operation("ListUserImportJobs", "read")
async def list_user_import_jobs(ctx: Call, req: ListUserImportJobsRequest) -> Answer:
    """The newest first."""
    pool = await pools.get(ctx.tx, req.UserPoolId)
    size, scope = min(req.MaxResults, _LARGEST_PAGE), (pool.id,)
    after = paging.opened(ctx, "ListUserImportJobs", scope, req.PaginationToken)
    found = await import_jobs.list_(ctx.tx, pool.id, after, size + 1)
    answer: Answer = {"UserImportJobs": [await _described(ctx, ctx.tx, job) for job in found[:size]]}
    if len(found) > size:
        last = found[size - 1]
        answer["PaginationToken"] = paging.sealed(ctx, "ListUserImportJobs", scope, last.id, last.created)
    return answer


@operation("StartUserImportJob", "write")
async def start_user_import_job(ctx: Call, req: StartUserImportJobRequest) -> Answer:
    """One job runs at a time in the whole account, as at AWS."""
    pool = await pools.lock(ctx.tx, req.UserPoolId)
    job = await import_jobs.get(ctx.tx, pool.id, req.JobId, lock=True)
    if _status(ctx, job) != "Created":
        raise PreconditionNotMetException(f"The job is {_status(ctx, job)} and cannot be started.")
    if job.state.size is None:
        raise PreconditionNotMetException("The job has no file: upload one to its PreSignedUrl first.")
    if job.state.form == "csv" and not pool.settings.AutoVerifiedAttributes:
        raise PreconditionNotMetException("The user pool verifies no attribute by itself, so nobody could be imported.")
    if await import_jobs.active(ctx.tx):
        raise PreconditionNotMetException("Another import job is running.")
    cause = msgspec.to_builtins(await audit.cause(ctx.tx, ctx))
    state = msgspec.structs.replace(job.state, cause=cause)
    started = job._replace(status="Pending", started=ctx.now, state=state)
    await import_jobs.change(ctx.tx, started)
    return {"UserImportJob": await _described(ctx, ctx.tx, started)}


@operation("StopUserImportJob", "write")
async def stop_user_import_job(ctx: Call, req: StopUserImportJobRequest) -> Answer:
    """Users who were imported so far stay."""
    pool = await pools.get(ctx.tx, req.UserPoolId)
    job = await import_jobs.get(ctx.tx, pool.id, req.JobId, lock=True)
    if job.status not in ("Pending", "InProgress"):
        raise PreconditionNotMetException(f"The job is {_status(ctx, job)} and cannot be stopped.")
    stopping = job._replace(status="Stopping")
    await import_jobs.change(ctx.tx, stopping)
    return {"UserImportJob": await _described(ctx, ctx.tx, stopping)}


async def refuse_during_import(tx: Transaction, pool_id: str) -> None:
    """Raises UserImportInProgressException while users come into the pool."""
    if any(job.pool_id == pool_id for job in await import_jobs.active(tx)):
        raise UserImportInProgressException


async def expire(services: Services) -> None:
    """Jobs that nobody started in time."""
    now = services.clock()
    async with services.database.read() as tx:
        is_due = await import_jobs.has_stale(tx, now - _START_WITHIN)
    if is_due:
        async with services.database.write() as tx:
            await import_jobs.expire(tx, now - _START_WITHIN, now)


# --- the file ----------------------------------------------------------------------------------------------


def opened_upload(services: Services, token: str) -> Upload:
    """Raises NotAuthorizedException for an address that was not given out, or is too old."""
    try:
        upload = services.vault.open_token(_UPLOAD, token, Upload)
    except BrokenSeal:
        raise NotAuthorizedException("Access Denied") from None
    if upload.expires <= services.clock():
        raise NotAuthorizedException("Request has expired")
    return upload


async def keep_file(services: Services, upload: Upload, compressed: bytes, size: int) -> None:
    """Keep the file of a job that was not started yet; the last one counts. `size` is that of the plain file.

    Raises NotAuthorizedException.
    """
    sealed = await services.compute(services.vault.seal, _FILE, compressed)
    async with services.database.write() as tx:
        job = await import_jobs.by_id(tx, upload.job_id, lock=True)
        if job is None or job.status != "Created":
            raise NotAuthorizedException("The job takes no file any more.")
        await import_jobs.set_file(tx, job.id, sealed)
        await import_jobs.change(tx, job._replace(state=msgspec.structs.replace(job.state, size=size)))


async def file(services: Services, job: Job) -> bytes:
    """The compressed file of a job; empty when it is gone."""
    async with services.database.read() as tx:
        sealed = await import_jobs.file(tx, job.id)
    return b"" if sealed is None else await services.compute(services.vault.open, _FILE, sealed)


# --- answers -----------------------------------------------------------------------------------------------


def _status(ctx: Call, job: Job) -> str:
    """Too old is too old, also before anybody has written it down."""
    return "Expired" if job.status == "Created" and job.created + _START_WITHIN <= ctx.now else job.status


async def _described(ctx: Call, tx: Transaction, job: Job) -> dict[str, Any]:
    counts = await import_jobs.counts(tx, job.id)
    status = _status(ctx, job)
    url = None
    if status == "Created" and ctx.now < job.created + _UPLOAD_LIFETIME:
        token = ctx.services.vault.seal_token(_UPLOAD, Upload(job.id, job.created + _UPLOAD_LIFETIME))
        url = f"{ctx.services.settings.public_url}{UPLOAD_PATH}/{token}"
    return present(
        {
            "JobName": job.name,
            "JobId": job.id,
            "UserPoolId": job.pool_id,
            "PreSignedUrl": url,
            "CreationDate": seconds(job.created),
            "StartDate": None if job.started is None else seconds(job.started),
            "CompletionDate": None if job.ended is None else seconds(job.ended),
            "Status": status,
            "CloudWatchLogsRoleArn": job.state.role_arn,
            "ImportedUsers": counts["Imported"],
            "SkippedUsers": counts["Skipped"],
            "FailedUsers": counts["Failed"],
            "CompletionMessage": job.state.message,
        }
    )
