"""Many users into a group of a pool at AWS, or out of it: what would become of each, and the run as a page that grows.

The list travels with the form: nothing of it is kept here. Who goes away ends the run, and may send the list again, as
what is done already changes nothing.
"""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from starlette.responses import Response

from poolhouse.errors import ServiceError
from poolhouse.operations.console import bulk_at_aws, bulk_names
from poolhouse.operations.console.bulk import Action, Done
from poolhouse.operations.console.bulk_names import Name, UnusableNames

from . import bulk_words, render, views
from .downloads import attachment
from .visit import ConsoleVisit


async def previewed(
    visit: ConsoleVisit, action: Action, names: Sequence[Name], *, read: str = "", error: str = "", status: int = 200
) -> Response:
    """Nothing has happened yet. `read` is how the list was read. Raises UnusableNames."""
    if any("\n" in name.text for name in names):
        raise UnusableNames("A name holds a line break, which no name does.")
    group = visit.query.get("name", "")
    rows = []
    try:
        rows = await bulk_at_aws.foresee(visit.of_pool, group, action, names[: bulk_at_aws.LOOKED_UP])
    except ServiceError as refusal:
        error, status = refusal.message, views.status_of(refusal)
    words = bulk_words.FORESEEN[action]
    return render.page(
        "group_preview_at_aws",
        visit,
        status=status,
        error=error,
        name=group,
        action=action,
        count=len(names),
        typed="\n".join(name.text for name in names),
        read=read,
        rows=rows,
        words=words,
        summary=bulk_words.summary(words, Counter(row.outcome for row in rows)),
    )


async def carried_out(visit: ConsoleVisit, action: Action) -> Response:
    """The list that the page before sent along. Raises UnusableNames."""
    names = _sent(visit)
    group = visit.query.get("name", "")
    if action == "remove" and visit.form.text("confirm") != group:
        error = "The name that you typed is not the group's name."
        return await previewed(visit, action, names, error=error, status=400)
    if visit.form.get("as") == "csv":
        return attachment(bulk_words.REPORT, "text/csv; charset=utf-8", _lines(visit, action, names))
    pieces = _pieces(visit, action, names)
    return render.growing("group_run_at_aws", visit, pieces, name=group, action=action, count=len(names))


def _sent(visit: ConsoleVisit) -> list[Name]:
    """One in each line as it stands."""
    lines = [line for line in visit.form.get("names", "").split("\n") if line]
    if not 0 < len(lines) <= bulk_names.MOST:
        raise UnusableNames(f"A list holds 1 to {bulk_names.MOST:,} names.")
    return [Name(number, line) for number, line in enumerate(lines, start=1)]


async def _pieces(visit: ConsoleVisit, action: Action, names: Sequence[Name]) -> AsyncGenerator[str, None]:
    """Row by row as AWS answers; behind them what became of all."""
    counts: Counter[str] = Counter()
    words = bulk_words.HAPPENED[action]
    error = ""
    try:
        async for row in bulk_at_aws.run(visit.attempt_of_pool, visit.query.get("name", ""), action, names):
            counts[str(row.outcome)] += 1
            yield render.part("group_row_at_aws", row=row, words=words)
    except ServiceError as refusal:
        error = refusal.message
    told = bulk_words.summary(words, counts)
    yield render.part("group_end_at_aws", done=counts.total(), count=len(names), summary=told, problem=error)


async def _lines(visit: ConsoleVisit, action: Action, names: Sequence[Name]) -> AsyncIterator[bytes]:
    """The report alone; what AWS did not take is in it as waiting."""
    yield bulk_words.HEAD
    done, error = 0, ""
    try:
        async for row in bulk_at_aws.run(visit.attempt_of_pool, visit.query.get("name", ""), action, names):
            done += 1
            yield bulk_words.report_line(action, row)
    except ServiceError as refusal:
        error = refusal.message
    for name in names[done:]:
        yield bulk_words.report_line(action, Done(name.line, name.text, None, error))
