"""Users who come in a file and go out in one, as the console moves them: upload, dry run, and the export's stream."""

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final, Literal

import msgspec

from poolhouse.access.principals import Root
from poolhouse.errors import NotAuthorizedException
from poolhouse.operations import audit, exports, import_csv, import_files, import_jobs, user_records
from poolhouse.operations.context import Call, Services
from poolhouse.operations.import_csv import UnusableFile
from poolhouse.store import import_jobs as jobs
from poolhouse.store.import_jobs import ACTIVE, FileForm, Job, Outcome, RowOutcome
from poolhouse.store.pools import Pool

__all__ = [
    "ACTIVE",
    "FileForm",
    "Job",
    "Outcome",
    "RowOutcome",
    "check",
    "counts",
    "dry_run",
    "every_row",
    "export",
    "find",
    "keep",
    "note_secret_shown",
    "pieces",
    "rows",
    "set_form",
]
_PIECE: Final = 65_536
_LEVEL: Final = 3
_WINDOW: Final = 1000


def check(pool: Pool, form: FileForm, content: bytes) -> None:
    """Whether the file can be one of its form at all; rows are judged one by one later. Raises UnusableFile."""
    if not content.strip():
        raise UnusableFile("The file is empty.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableFile("The file is UTF-16. Save it as UTF-8.")
    if b"\0" in content[:_PIECE]:
        raise UnusableFile("The file is not text: it holds a null character.")
    if form == "csv":
        import_csv.columns(pool.settings, import_csv.rows(pieces(content)))
        return
    first = next(import_files.json_entries(pieces(content)), None)
    if first is None or not content.lstrip(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        raise UnusableFile("The file is no JSON Lines: every line has to be one JSON object.")


def pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + _PIECE] for start in range(0, len(content), _PIECE))


async def set_form(services: Services, pool_id: str, job_id: str, form: FileForm) -> Job:
    """What the job's file is. Raises NotAuthorizedException for a job that was started."""
    async with services.database.write() as tx:
        job = await jobs.get(tx, pool_id, job_id, lock=True)
        if job.status != "Created":
            raise NotAuthorizedException("The job takes no file any more.")
        changed = job._replace(state=msgspec.structs.replace(job.state, form=form))
        await jobs.change(tx, changed)
    return changed


async def keep(services: Services, pool: Pool, job: Job, content: bytes) -> None:
    """Give a job its file. Raises UnusableFile, and NotAuthorizedException for a job that was started."""
    await services.compute(check, pool, job.state.form, content)
    compressed = await services.compute(zlib.compress, content, _LEVEL)
    await import_jobs.keep_file(services, import_jobs.Upload(job.id, 0), compressed, len(content))


async def find(services: Services, pool_id: str, job_id: str) -> Job:
    """Raises ResourceNotFoundException."""
    async with services.database.read() as tx:
        return await jobs.get(tx, pool_id, job_id)


async def counts(services: Services, job: Job) -> dict[Outcome, int]:
    async with services.database.read() as tx:
        return await jobs.counts(tx, job.id)


async def rows(services: Services, job: Job, after: int, limit: int) -> list[RowOutcome]:
    """What became of the rows behind a line."""
    async with services.database.read() as tx:
        return await jobs.rows(tx, job.id, after, limit)


async def every_row(services: Services, job: Job) -> AsyncIterator[RowOutcome]:
    after = 0
    while page := await rows(services, job, after, _WINDOW):
        for row in page:
            yield row
        after = page[-1].line


async def dry_run(services: Services, pool: Pool, job: Job) -> AsyncIterator[RowOutcome]:
    """What would become of each row, in their order; nothing is written. Raises UnusableFile."""
    plain = zlib.decompress(await import_jobs.file(services, job) or zlib.compress(b""))
    read = (
        import_files.csv_entries(pool, pieces(plain))
        if job.state.form == "csv"
        else import_files.json_entries(pieces(plain))
    )
    async for outcome in import_files.try_out(services, pool, read):
        yield outcome


# --- export ------------------------------------------------------------------------------------------------


async def export(ctx: Call, pool: Pool, form: Literal["csv", "jsonl"], *, hashes: bool) -> AsyncIterator[bytes]:
    """The file in pieces. That it is made is on record before the first of them, or it is not made."""
    await _put_on_record(ctx, "ExportUsers", pool.id, pool.id, {"Format": form, "PasswordHashes": hashes})
    return _exported(ctx.services, pool, form, hashes=hashes)


async def _exported(
    services: Services, pool: Pool, form: Literal["csv", "jsonl"], *, hashes: bool
) -> AsyncIterator[bytes]:
    columns = import_csv.header(pool.settings)
    if form == "csv":
        yield exports.csv_line(columns)
    else:
        for group in await exports.every_group(services, pool):
            yield user_records.encode(group) + b"\n"
    piece = bytearray()
    async for user, _ in exports.every_user(services, pool, hashes=hashes):
        line = (
            exports.csv_line(exports.csv_cells(columns, user)) if form == "csv" else user_records.encode(user) + b"\n"
        )
        piece += line
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


async def note_secret_shown(ctx: Call, pool_id: str, client_id: str) -> None:
    """An operator who reads a client's secret is on record before he sees it."""
    await _put_on_record(ctx, "ShowClientSecret", client_id, pool_id, {"ClientId": client_id})


async def _put_on_record(ctx: Call, operation: str, subject: str, pool_id: str, request: dict[str, object]) -> None:
    assert isinstance(ctx.principal, Root), "files with everybody in them, and secrets, are for the operator"
    async with ctx.services.database.write() as tx:
        await audit.operator_did(
            tx,
            ctx.services.vault,
            ctx.now,
            principal=ctx.principal.arn,
            operation=operation,
            subject=subject,
            pool_id=pool_id,
            way="console",
            request=request | {"Address": ctx.source_ip},
        )
