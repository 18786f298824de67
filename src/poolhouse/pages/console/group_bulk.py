"""Many users into a group, or out of it: the list, what would become of each, the run, and its report."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Final, cast

from starlette.responses import Response

from poolhouse.errors import PageNotFound, ServiceError
from poolhouse.operations.console import bulk, bulk_names
from poolhouse.operations.console.bulk import Action, Done, Run
from poolhouse.operations.console.bulk_names import Form, Names, UnusableNames

from . import bulk_words, group_bulk_at_aws, render
from .downloads import attachment
from .groups import described
from .page import Page
from .visit import ConsoleVisit

_OPERATIONS: Final = ("AdminAddUserToGroup", "AdminRemoveUserFromGroup")
_MOST_BYTES: Final = 2_097_152
_SHOWN: Final = 50
_FORMS: Final = ("auto", "lines", "csv")


async def shown(visit: ConsoleVisit) -> Response:
    return await _form(visit)


async def posted(visit: ConsoleVisit) -> Response:
    """Keep the list and show what it would do."""
    name = visit.query.get("name", "")
    action = cast("Action", visit.form.get("action", ""))
    operation = bulk.OPERATIONS.get(action)
    if operation is None or not visit.may(operation):
        return await _form(visit, error="Choose whether to add or to remove.", status=400)
    if not visit.is_remote:
        await described(visit, name)
    try:
        if visit.is_remote and visit.form.get("step") == "do":
            return await group_bulk_at_aws.carried_out(visit, action)
        found = _names(visit)
        if visit.is_remote:
            return await group_bulk_at_aws.previewed(visit, action, found.names, read=_told(found))
        run = await bulk.begin(visit.context(), visit.pool, name, action, found.names)
    except UnusableNames as error:
        return await _form(visit, error=str(error), status=400)
    return visit.done(visit.url("/group/run", id=run.id), _told(found))


def _told(found: Names) -> str:
    """How the list was read."""
    said = f"The list holds {len(found.names):,} {'name' if len(found.names) == 1 else 'names'}."
    if found.title:
        said += f" The first line, {found.title[:64]}, was taken for a heading."
    if found.repeated:
        said += f" {found.repeated:,} repeated {'line was' if found.repeated == 1 else 'lines were'} left out."
    return said


def _names(visit: ConsoleVisit) -> Names:
    """Of the uploaded file, or of the text where there is none. Raises UnusableNames."""
    content = visit.form.files.get("file", b"")
    text = bulk_names.decoded(content) if content else visit.form.get("names", "")
    form = visit.form.get("form", "auto")
    return bulk_names.parse(text, cast("Form", form) if form in _FORMS else "auto")


async def _form(visit: ConsoleVisit, *, error: str = "", status: int = 200) -> Response:
    name = visit.query.get("name", "")
    return render.page(
        "group_bulk",
        visit,
        status=status,
        error=error,
        group=await described(visit, name),
        name=name,
        typed=visit.form.get("names", ""),
        form=visit.form.get("form", "auto"),
        action=visit.form.get("action", visit.query.get("action", "add")),
        most=bulk_names.MOST,
    )


# --- the run -----------------------------------------------------------------------------------------------


async def run_shown(visit: ConsoleVisit) -> Response:
    run = await _run(visit)
    return await (_preview(visit, run) if run.status == "draft" else _progress(visit, run))


async def run_posted(visit: ConsoleVisit) -> Response:
    """Begin or go on, or forget the list."""
    run = await _run(visit)
    if visit.form.get("step") == "forget":
        await bulk.forget(visit.services, run)
        return visit.done(visit.url("/group", name=run.group_name), "The list was forgotten. Members stay as they are.")
    if not visit.may(bulk.OPERATIONS[run.action]) or not bulk.is_own(visit.context(), run):
        return await _refused(visit, run)
    if run.status == "draft" and run.action == "remove" and visit.form.text("confirm") != run.group_name:
        return await _preview(visit, run, error="The name that you typed is not the group's name.", status=400)

    async def perform(operation: str, members: Mapping[str, str]) -> object:
        return await visit.of_pool(operation, **members)

    await bulk.work(visit.services, visit.chosen, run, perform)
    return visit.go("/group/run", id=run.id)


async def _refused(visit: ConsoleVisit, run: Run) -> Response:
    show = _preview if run.status == "draft" else _progress
    return await show(visit, run, error="Only whoever made a list, and may do this, carries it out.", status=403)


async def _run(visit: ConsoleVisit) -> Run:
    """Raises PageNotFound, also for somebody else's."""
    run_id = visit.query.get("id", "")
    run = None if "\0" in run_id else await bulk.find(visit.context(), visit.pool, run_id)
    if run is None:
        raise PageNotFound("There is no such list, or it is somebody else's.")
    return run


async def _preview(visit: ConsoleVisit, run: Run, *, error: str = "", status: int = 200) -> Response:
    names = await bulk.names_of(visit.services, run)
    start = _place(visit, len(names))
    page = names[start : start + _SHOWN]
    try:
        tells = visit.may("AdminGetUser", "ListUsers", "ListUsersInGroup")
        rows = await bulk.foresee(visit.context(), visit.chosen, run, page, tells_names=tells)
    except ServiceError as refusal:
        rows, error, status = [], refusal.message, refusal.status
    words = bulk_words.FORESEEN[run.action]
    return render.page(
        "group_preview",
        visit,
        status=status,
        error=error,
        rows=rows,
        words=words,
        summary=bulk_words.summary(words, Counter(row.outcome for row in rows)),
        **_pages(visit, run, start, len(names)),
    )


async def _progress(visit: ConsoleVisit, run: Run, *, error: str = "", status: int = 200) -> Response:
    rows = await bulk.report(visit.services, run)
    start = _place(visit, len(rows))
    counts = await bulk.counts(visit.services, run)
    words = bulk_words.HAPPENED[run.action]
    return render.page(
        "group_run",
        visit,
        status=status,
        error=error,
        rows=rows[start : start + _SHOWN],
        words=words,
        summary=bulk_words.summary(words, counts),
        settled=sum(counts.values()),
        is_held=run.held_until > visit.services.clock(),
        **_pages(visit, run, start, len(rows)),
    )


def _place(visit: ConsoleVisit, total: int) -> int:
    """Where the page of a list begins: a list is kept whole, so that a place in it costs nothing."""
    text = visit.query.get("from", "0")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return min(start, max(0, total - 1)) // _SHOWN * _SHOWN


def _pages(visit: ConsoleVisit, run: Run, start: int, total: int) -> dict[str, object]:
    """What every page of a run shows: whose it is, and the way to its other pages."""
    before, behind = start - _SHOWN, start + _SHOWN
    return {
        "run": run,
        "is_own": bulk.is_own(visit.context(), run),
        "previous": visit.url("/group/run", id=run.id, **{"from": before or ""}) if start else "",
        "following": visit.url("/group/run", id=run.id, **{"from": behind}) if behind < total else "",
        "place": f"{start + 1:,} to {min(behind, total):,} of {total:,}" if total > _SHOWN else "",
    }


async def report(visit: ConsoleVisit) -> Response:
    run = await _run(visit)
    rows = await bulk.report(visit.services, run)
    return attachment(bulk_words.REPORT, "text/csv; charset=utf-8", _lines(run, rows))


async def _lines(run: Run, rows: list[Done]) -> AsyncIterator[bytes]:
    yield bulk_words.HEAD
    for row in rows:
        yield bulk_words.report_line(run.action, row)


PAGES: Final = (
    Page("/group/bulk", shown, posted, operations=_OPERATIONS, most_bytes=_MOST_BYTES),
    Page("/group/run", run_shown, run_posted, operations=_OPERATIONS),
    Page("/group/report", report, operations=_OPERATIONS),
)
