"""Many users into a group of a pool at AWS, or out of it: what would become of each, and the run as a page that grows.

The list travels with the form: nothing of it is kept here. Who goes away ends the run, and may send the list again, as
what is done already changes nothing.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from starlette.responses import Response, StreamingResponse

from poolhouse.errors import ServiceError
from poolhouse.operations.console import bulk_at_aws, bulk_names
from poolhouse.operations.console.bulk import Action, Done
from poolhouse.operations.console.bulk_names import Name, UnusableNames

from . import render, views
from .downloads import attachment, csv_line
from .visit import ConsoleVisit

Words = Mapping[tuple[Action, str], str]
_MARK: Final = "<!-- rows -->"


async def previewed(
    visit: ConsoleVisit,
    action: Action,
    names: Sequence[Name],
    words: Words,
    *,
    read: str = "",
    error: str = "",
    status: int = 200,
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
        summary=_summary(words, action, Counter(row.outcome for row in rows), is_done=False),
    )


async def carried_out(visit: ConsoleVisit, action: Action, words: Words) -> Response:
    """The list that the page before sent along. Raises UnusableNames."""
    names = _sent(visit)
    group = visit.query.get("name", "")
    if action == "remove" and visit.form.text("confirm") != group:
        error = "The name that you typed is not the group's name."
        return await previewed(visit, action, names, words, error=error, status=400)
    if visit.form.get("as") == "csv":
        return attachment("bulk-report.csv", "text/csv; charset=utf-8", _lines(visit, action, names, words))
    whole = render.page("group_run_at_aws", visit, name=group, action=action, count=len(names))
    head = {name: value for name, value in whole.headers.items() if name != "content-length"}
    page = bytes(whole.body).decode()
    return StreamingResponse(_pieces(visit, action, names, words, page), headers=head, media_type="text/html")


def _sent(visit: ConsoleVisit) -> list[Name]:
    """One in each line as it stands."""
    lines = [line for line in visit.form.get("names", "").split("\n") if line]
    if not 0 < len(lines) <= bulk_names.MOST:
        raise UnusableNames(f"A list holds 1 to {bulk_names.MOST:,} names.")
    return [Name(number, line) for number, line in enumerate(lines, start=1)]


async def _pieces(
    visit: ConsoleVisit, action: Action, names: Sequence[Name], words: Words, page: str
) -> AsyncIterator[str]:
    """Row by row as AWS answers; behind them what became of all."""
    before, _, behind = page.partition(_MARK)
    yield before
    counts: Counter[str] = Counter()
    error = ""
    try:
        async for row in bulk_at_aws.run(visit.attempt_of_pool, visit.query.get("name", ""), action, names):
            counts[str(row.outcome)] += 1
            yield render.part("group_row_at_aws", row=row, words=words, action=action)
    except ServiceError as refusal:
        error = refusal.message
    told = _summary(words, action, counts, is_done=True)
    done = counts.total()
    yield render.part("group_end_at_aws", done=done, count=len(names), summary=told, problem=error)
    yield behind


async def _lines(visit: ConsoleVisit, action: Action, names: Sequence[Name], words: Words) -> AsyncIterator[bytes]:
    """The report alone; what AWS did not take is in it as waiting."""
    yield csv_line(("line", "name", "outcome", "reason"))
    done, error = 0, ""
    try:
        async for row in bulk_at_aws.run(visit.attempt_of_pool, visit.query.get("name", ""), action, names):
            done += 1
            yield _line(row, words[action, str(row.outcome)])
    except ServiceError as refusal:
        error = refusal.message
    for name in names[done:]:
        yield csv_line((name.line, name.text, "waiting", error))


def _line(row: Done, word: str) -> bytes:
    return csv_line((row.line, row.name, word, row.message))


def _summary(words: Words, action: Action, counts: Counter[str], *, is_done: bool) -> str:
    """In numbers."""
    named = {kind: word for (of, kind), word in words.items() if of == action}
    if not is_done:
        named["done"] = f"will be {named['done']}"
    return ", ".join(f"{counts[kind]:,} {word}" for kind, word in named.items() if counts[kind])
