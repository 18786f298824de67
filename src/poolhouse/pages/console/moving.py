"""Import and export: files that bring users, the jobs that carry them out, and the file with everybody."""

from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.responses import Response

from poolhouse.errors import PageNotFound, ResourceNotFoundException, ServiceError
from poolhouse.operations.console import moving
from poolhouse.operations.console.moving import ACTIVE, FileForm, Job, Outcome, RowOutcome
from poolhouse.operations.import_csv import UnusableFile, header

from . import render
from .downloads import attachment, csv_line
from .page import Nav, Page
from .visit import ConsoleVisit

_UPLOADED: Final = 16_777_216
_ROOM: Final = 65_536
_LIMIT: Final = 20
_SHOWN: Final = 100
_TRIED: Final = 300
_FORMS: Final = (("csv", "CSV in AWS's format"), ("jsonl", "JSON Lines, with groups and password hashes"))
_OPERATIONS: Final = ("CreateUserImportJob", "ListUserImportJobs")
WORDS: Final = {"Imported": ("imported", "good"), "Skipped": ("skipped", ""), "Failed": ("failed", "bad")}


async def shown(visit: ConsoleVisit) -> Response:
    return await _overview(visit)


async def _overview(visit: ConsoleVisit, *, error: str = "", status: int = 200) -> Response:
    after = visit.query.get("after") or None
    found = await visit.of_pool("ListUserImportJobs", MaxResults=_LIMIT, PaginationToken=after)
    following = found.get("PaginationToken")
    return render.page(
        "moving",
        visit,
        status=status,
        error=error,
        jobs=found["UserImportJobs"],
        forms=_FORMS,
        typed={name: visit.form.get(name, "") for name in ("name", "form")},
        header=",".join(header(visit.chosen.settings)),
        most=_UPLOADED // 1_048_576,
        following=visit.url("/moving", after=following) if following else "",
        first=visit.url("/moving") if after else "",
    )


# --- import ------------------------------------------------------------------------------------------------


async def created(visit: ConsoleVisit) -> Response:
    """A job, with its file when one came along. A file that cannot be one leaves no job behind."""
    form, content = _form_of(visit), visit.form.files.get("file", b"")
    try:
        if content:
            await visit.services.compute(moving.check, visit.chosen, form, content)
        made = await visit.of_pool(
            "CreateUserImportJob", JobName=visit.form.text("name"), CloudWatchLogsRoleArn=_role(visit)
        )
        job = await moving.set_form(visit.services, visit.pool, made["UserImportJob"]["JobId"], form)
        if content:
            await moving.keep(visit.services, visit.chosen, job, content)
    except UnusableFile as error:
        return await _overview(visit, error=str(error), status=400)
    except ServiceError as error:
        return await _overview(visit, error=error.message, status=error.status)
    return visit.done(_address(visit, job), f"The job {job.name} was made. Nothing is imported before you start it.")


def _form_of(visit: ConsoleVisit) -> FileForm:
    return "jsonl" if visit.form.get("form") == "jsonl" else "csv"


def _role(visit: ConsoleVisit) -> str:
    """AWS wants one; here reports stay, and nobody becomes it."""
    return f"arn:aws:iam::{visit.principal.account_id}:role/poolhouse-console-import"


def _address(visit: ConsoleVisit, job: Job) -> str:
    return visit.url("/import", job=job.id)


async def job_shown(visit: ConsoleVisit) -> Response:
    return await _job_page(visit, await _job(visit))


async def _job(visit: ConsoleVisit) -> Job:
    """Raises PageNotFound."""
    try:
        return await moving.find(visit.services, visit.pool, visit.query.get("job", "").replace("\0", ""))
    except ResourceNotFoundException:
        raise PageNotFound("There is no such import job in this user pool.") from None


async def job_posted(visit: ConsoleVisit) -> Response:
    """Give it another file, start it, or stop it."""
    job, step = await _job(visit), visit.form.get("step", "")
    try:
        said = await _step(visit, job, step)
    except UnusableFile as error:
        return await _job_page(visit, job, error=str(error), status=400)
    except ServiceError as error:
        return await _job_page(visit, job, error=error.message, status=error.status)
    return visit.done(_address(visit, job), said)


async def _step(visit: ConsoleVisit, job: Job, step: str) -> str:
    """What was done. Raises UnusableFile, ServiceError."""
    if step == "start":
        await visit.of_pool("StartUserImportJob", JobId=job.id)
        return "The import was started. You may leave this page: the server goes on."
    if step == "stop":
        await visit.of_pool("StopUserImportJob", JobId=job.id)
        return "The import is being stopped. Users who were imported so far stay."
    await moving.keep(visit.services, visit.chosen, job, visit.form.files.get("file", b""))
    return "The file is here. Try it out, or start the import."


async def _job_page(visit: ConsoleVisit, job: Job, *, error: str = "", status: int = 200) -> Response:
    described = (await visit.of_pool("DescribeUserImportJob", JobId=job.id))["UserImportJob"]
    after = _place(visit)
    found = await moving.rows(visit.services, job, after, _SHOWN + 1)
    counts = await moving.counts(visit.services, job)
    tried, problem = await _tried(visit, job) if visit.query.get("try") == "yes" else (None, "")
    return render.page(
        "import",
        visit,
        status=status,
        error=error or problem,
        job=job,
        described=described,
        counts=counts,
        settled=sum(counts.values()),
        words=WORDS,
        rows=found[:_SHOWN],
        tried=tried,
        tried_most=_TRIED,
        is_active=described["Status"] in ACTIVE,
        most=_UPLOADED // 1_048_576,
        form=dict(_FORMS)[job.state.form],
        following=visit.url("/import", job=job.id, after=found[_SHOWN - 1].line) if len(found) > _SHOWN else "",
        first=visit.url("/import", job=job.id) if after else "",
    )


async def _tried(visit: ConsoleVisit, job: Job) -> tuple[dict[str, Any] | None, str]:
    """A dry run of the first rows, and why the file cannot be used."""
    rows: list[RowOutcome] = []
    problem = ""
    try:
        async for outcome in moving.dry_run(visit.services, visit.chosen, job):
            rows.append(outcome)
            if len(rows) > _TRIED:
                break
    except UnusableFile as error:
        problem = str(error)
    shown = rows[:_TRIED]
    counts: dict[Outcome, int] = {
        word: sum(row.outcome == word for row in shown) for word in ("Imported", "Skipped", "Failed")
    }
    return {"rows": shown, "counts": counts, "is_all": len(rows) <= _TRIED}, problem


def _place(visit: ConsoleVisit) -> int:
    text = visit.query.get("after", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


async def report(visit: ConsoleVisit) -> Response:
    """Every row, those that failed, or the whole dry run, as a file."""
    job, kind = await _job(visit), visit.query.get("kind", "all")
    if kind == "try":
        outcomes = moving.dry_run(visit.services, visit.chosen, job)
    else:
        outcomes = moving.every_row(visit.services, job)
    return attachment(
        f"import-{kind if kind in ('try', 'failed') else 'all'}.csv", "text/csv; charset=utf-8", _lines(outcomes, kind)
    )


async def _lines(outcomes: AsyncIterator[RowOutcome], kind: str) -> AsyncIterator[bytes]:
    yield csv_line(("line", "outcome", "message"))
    try:
        async for row in outcomes:
            if kind != "failed" or row.outcome == "Failed":
                yield csv_line((row.line, WORDS[row.outcome][0], row.message))
    except UnusableFile as error:
        yield csv_line(("", "failed", str(error)))


# --- export ------------------------------------------------------------------------------------------------


async def export(visit: ConsoleVisit) -> Response:
    """With hashes only for whoever types the pool's name."""
    hashes = visit.form.get("hashes") == "yes"
    form = _form_of(visit)
    if hashes and form == "csv":
        return await _overview(visit, error="AWS's CSV holds no passwords: choose JSON Lines for them.", status=400)
    if hashes and visit.form.text("confirm") != visit.chosen.name.strip():
        return await _overview(visit, error="The name that you typed is not the pool's name.", status=400)
    pieces = await moving.export(visit.context(), visit.chosen, form, hashes=hashes)
    media = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    return attachment(f"users.{form}", media, pieces)


_ELSEWHERE: Final = (
    "The users of this pool are at AWS, which takes no password hashes and gives none. Import with "
    "aws cognito-idp create-user-import-job; poolhouse pull-users copies the users into a pool of this server."
)
PAGES: Final = (
    Page(
        "/moving",
        shown,
        nav=Nav("Import and export", "moving", "Pool"),
        operations=_OPERATIONS,
        operator_only=True,
        elsewhere=_ELSEWHERE,
    ),
    Page(
        "/moving/import",
        None,
        created,
        operations=_OPERATIONS,
        operator_only=True,
        elsewhere=_ELSEWHERE,
        most_bytes=_UPLOADED + _ROOM,
    ),
    Page(
        "/import",
        job_shown,
        job_posted,
        operations=_OPERATIONS,
        operator_only=True,
        elsewhere=_ELSEWHERE,
        most_bytes=_UPLOADED + _ROOM,
    ),
    Page("/import/report", report, operations=_OPERATIONS, operator_only=True, elsewhere=_ELSEWHERE),
    Page("/moving/export", None, export, operations=_OPERATIONS, operator_only=True, elsewhere=_ELSEWHERE),
)
