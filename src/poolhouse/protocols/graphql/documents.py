"""Documents by their text: measured, parsed and validated once, then remembered within bounds."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
    parse,
)

from .answers import Refusal, invalid, malformed, refused, too_much
from .inputs import VariableReader
from .plan import Plan, Planner
from .validation import problems

_META = frozenset({"__schema", "__type"})
_UNPARSABLE = "Unable to parse GraphQL query."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may cost. Fields are counted with every fragment spread where it is used.

    `root_fields` bounds the function runs of one request, `seconds` their time together.
    """

    body_bytes: int = 1_048_576
    document_bytes: int = 65_536
    tokens: int = 2_000
    depth: int = 20
    fields: int = 500
    root_fields: int = 25
    meta_fields: int = 4
    seconds: float = 30.0
    cached_documents: int = 1_000
    cached_bytes: int = 4_194_304


class Prepared:
    """One operation of a valid document, ready to be run any number of times."""

    __slots__ = ("_document", "_meta", "_node", "_planner", "_schema", "_variables")

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode) -> None:
        self._schema = schema
        self._document = document
        self._node = node
        self._variables = VariableReader(schema, tuple(node.variable_definitions or ()))
        self._planner = Planner(schema, document, node)
        self._meta: dict[str, Any] | None = None

    @property
    def is_mutation(self) -> bool:
        return self._node.operation is OperationType.MUTATION

    def read_variables(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._variables.read(given)

    def plan(self, variables: dict[str, Any]) -> Plan:
        return self._planner.plan(variables)

    def introspect(self, plan: Plan, given: dict[str, Any]) -> dict[str, Any]:
        """The answers of `__schema` and `__type`, by response name. They change with the schema only."""
        if self._meta is not None:
            return self._meta
        nodes = [node for selected in plan.fields if selected.name in _META for node in selected.nodes]
        operation = OperationDefinitionNode(
            operation=OperationType.QUERY,
            directives=(),
            variable_definitions=self._node.variable_definitions,
            selection_set=SelectionSetNode(selections=tuple(nodes)),
        )
        fragments = (one for one in self._document.definitions if isinstance(one, FragmentDefinitionNode))
        document = DocumentNode(definitions=(operation, *fragments))
        found = execute_sync(self._schema, document, variable_values=given).data or {}
        if not self._node.variable_definitions:
            self._meta = found
        return found


class Document:
    """A valid document and its operations."""

    __slots__ = ("_anonymous", "_operations")

    def __init__(self, schema: GraphQLSchema, parsed: DocumentNode) -> None:
        found = {
            node.name.value if node.name else "": Prepared(schema, parsed, node)
            for node in parsed.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        self._operations = found
        self._anonymous = next(iter(found.values())) if len(found) == 1 else None

    def operation(self, name: str | None) -> Prepared:
        """The named operation, or the only one; raises a Refusal with E21."""
        if not name:
            if self._anonymous is None:
                raise refused(400, "BadRequestException", "Missing operation name.")
            return self._anonymous
        found = self._operations.get(name)
        if found is None:
            raise refused(400, "BadRequestException", f"Unknown operation named '{name[:100]}'.")
        return found


class Documents:
    """The documents of one schema. The least recently used leave first; invalid ones are remembered, too."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, introspection: bool) -> None:
        self._schema = schema
        self._limits = limits
        self._introspection = introspection
        self._known: OrderedDict[str, Document | Refusal] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._known)

    def get(self, text: str) -> Document:
        """The document, from memory if it was seen before; raises a Refusal with E11 to E14, E20 or a limit."""
        found = self._known.get(text)
        if found is None:
            if len(text) > self._limits.document_bytes:
                raise too_much(f"The document is longer than {self._limits.document_bytes} characters.")
            found = self._read(text)
            self._remember(text, found)
        else:
            self._known.move_to_end(text)
        if isinstance(found, Refusal):
            raise found.with_traceback(None)
        return found

    def _remember(self, text: str, found: Document | Refusal) -> None:
        self._known[text] = found
        self._bytes += len(text)
        while len(self._known) > self._limits.cached_documents or self._bytes > self._limits.cached_bytes:
            oldest, _ = self._known.popitem(last=False)
            self._bytes -= len(oldest)

    def _read(self, text: str) -> Document | Refusal:
        try:
            parsed = parse(text, max_tokens=self._limits.tokens)
        except GraphQLError as error:
            if "tokens" in error.message:
                return too_much(f"The document has more than {self._limits.tokens} tokens.")
            return malformed(_UNPARSABLE)
        except RecursionError:
            return malformed(_UNPARSABLE)
        try:
            measure(parsed, self._limits, introspection=self._introspection)
            return problems(self._schema, parsed) or Document(self._schema, parsed)
        except Refusal as refusal:
            return refusal


@dataclass(slots=True)
class _Size:
    fields: int = 0
    depth: int = 0
    root: int = 0
    meta: int = 0


def measure(document: DocumentNode, limits: Limits, *, introspection: bool) -> None:
    """Refuse what is too large to be looked at more closely. Each fragment is measured once."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    measured: dict[str, _Size] = {}
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    sizes = [_measured(one.selection_set, fragments, measured) for one in operations]
    for size in sizes:
        if size.depth > limits.depth:
            raise too_much(f"The document nests fields deeper than {limits.depth} levels.")
        if size.root > limits.root_fields:
            raise too_much(f"An operation may select at most {limits.root_fields} top-level fields.")
        if size.meta and not introspection:
            raise invalid([("Introspection is switched off for this API.", [])])
        if size.meta > limits.meta_fields:
            raise too_much(f"An operation may select at most {limits.meta_fields} introspection fields.")
    if sum(size.fields for size in sizes) > limits.fields:
        raise too_much(f"The document selects more than {limits.fields} fields.")


def _measured(
    selection_set: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], measured: dict[str, _Size]
) -> _Size:
    """The size of a selection set, of which `root` and `meta` count the fields of its first level."""
    total = _Size()
    if not selection_set.selections:
        raise malformed(_UNPARSABLE)
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            inner = _measured(node.selection_set, fragments, measured) if node.selection_set else _Size()
            is_meta = int(node.name.value in _META)
            size = _Size(inner.fields + 1, inner.depth + 1, 1, is_meta)
        elif isinstance(node, FragmentSpreadNode):
            size = _spread(node.name.value, fragments, measured)
        else:
            size = _measured(node.selection_set, fragments, measured)  # type: ignore[attr-defined]
        total = _Size(
            total.fields + size.fields,
            max(total.depth, size.depth),
            total.root + size.root,
            total.meta + size.meta,
        )
    return total


def _spread(name: str, fragments: dict[str, FragmentDefinitionNode], measured: dict[str, _Size]) -> _Size:
    """A fragment counts wherever it is spread; unknown ones and cycles are left to validation."""
    if name not in measured:
        measured[name] = _Size()
        if name in fragments:
            measured[name] = _measured(fragments[name].selection_set, fragments, measured)
    return measured[name]
