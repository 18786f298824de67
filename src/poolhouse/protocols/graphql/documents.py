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

    `depth` counts fields inside fields, `levels` braces of any kind. `root_fields` bounds the function runs of one
    request, `seconds` their time together; `meta_fields` are `__schema` and `__type`, `introspection_fields` all fields
    of an operation that has one of them.
    """

    body_bytes: int = 1_048_576
    document_bytes: int = 65_536
    tokens: int = 2_000
    depth: int = 20
    levels: int = 100
    fields: int = 500
    root_fields: int = 25
    meta_fields: int = 4
    introspection_fields: int = 300
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
        try:
            measure(parsed, self._limits, introspection=self._introspection)
            return problems(self._schema, parsed) or Document(self._schema, parsed)
        except Refusal as refusal:
            return refusal


@dataclass(slots=True)
class _Size:
    fields: int = 0
    depth: int = 0
    levels: int = 0
    root: int = 0
    meta: int = 0


def measure(document: DocumentNode, limits: Limits, *, introspection: bool) -> None:
    """Refuse what is too large to be looked at more closely. Each fragment is measured once."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    ruler = _Ruler(fragments, limits.levels)
    sizes = [ruler.measure(one.selection_set, 1) for one in operations]
    for name in fragments:
        ruler.spread(name, 1)
    for size in sizes:
        if size.depth > limits.depth:
            raise too_much(f"The document nests fields deeper than {limits.depth} levels.")
        if size.root > limits.root_fields:
            raise too_much(f"An operation may select at most {limits.root_fields} top-level fields.")
        if size.meta and not introspection:
            raise invalid([("Introspection is switched off for this API.", [])])
        if size.meta > limits.meta_fields or (size.meta and size.fields > limits.introspection_fields):
            raise too_much("The operation asks for too much introspection.")
    if sum(size.fields for size in sizes) > limits.fields:
        raise too_much(f"The document selects more than {limits.fields} fields.")


class _Ruler:
    """Measures selection sets. It goes down as many levels as allowed, so that nobody who reads on can go too deep."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode], levels: int) -> None:
        self._fragments = fragments
        self._levels = levels
        self._measured: dict[str, _Size] = {}

    def measure(self, selection_set: SelectionSetNode, level: int) -> _Size:
        """The size of a selection set, of which `root` and `meta` count the fields of its first level."""
        if not selection_set.selections:
            raise malformed(_UNPARSABLE)
        total = _Size()
        for node in selection_set.selections:
            size = self._one(node, level)
            total.fields += size.fields
            total.root += size.root
            total.meta += size.meta
            total.depth = max(total.depth, size.depth)
            total.levels = max(total.levels, size.levels + 1)
        if level + total.levels > self._levels:
            raise too_much(f"The document nests selections deeper than {self._levels} levels.")
        return total

    def _one(self, node: Any, level: int) -> _Size:
        if level > self._levels:
            raise too_much(f"The document nests selections deeper than {self._levels} levels.")
        if isinstance(node, FragmentSpreadNode):
            return self.spread(node.name.value, level)
        if not isinstance(node, FieldNode):
            return self.measure(node.selection_set, level + 1)
        inner = self.measure(node.selection_set, level + 1) if node.selection_set else _Size()
        return _Size(inner.fields + 1, inner.depth + 1, inner.levels, 1, int(node.name.value in _META))

    def spread(self, name: str, level: int) -> _Size:
        """A fragment counts wherever it is spread; unknown ones and cycles are left to validation."""
        if name not in self._measured:
            self._measured[name] = _Size()
            if name in self._fragments:
                self._measured[name] = self.measure(self._fragments[name].selection_set, level + 1)
        return self._measured[name]
