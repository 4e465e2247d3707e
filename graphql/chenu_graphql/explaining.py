"""What becomes of a document: the Python that its queries are compiled to, for people to read."""

from graphql import OperationDefinitionNode, OperationType

from chenu.core.errors import BadInput
from chenu_graphql.compiling import compile_query
from chenu_graphql.conditions import list_conditions
from chenu_graphql.documents import Documents
from chenu_graphql.fallbacks import NotCompiled
from chenu_graphql.schema import get_schema


def explain(text: str) -> str:
    """Of each operation. Raises BadInput for a document that is refused."""
    schema = get_schema()
    prepared = Documents(schema).read(text)
    if prepared.document is None:
        messages = "\n".join(error.message for error in prepared.errors)
        raise BadInput(messages)
    parts = []
    for operation in prepared.operations:
        if operation.operation is not OperationType.QUERY:
            parts.append(f"{_title(operation)}: run by graphql-core, as all but queries are")
            continue
        conditions = list_conditions(prepared.document, operation)
        flags = {each.name: True for each in conditions}
        try:
            compiled = compile_query(schema, prepared.document, operation, flags)
        except NotCompiled as refused:
            parts.append(f"{_title(operation)}: run by graphql-core, because of {refused.reason}")
            continue
        legend = [f"#   with ${name} true" for name in flags]
        legend += [f"#   {name}: {meaning}" for name, meaning in compiled.legend]
        parts.append("\n".join([_title(operation), *legend, "", compiled.text]))
    return "\n\n".join(parts)


def _title(operation: OperationDefinitionNode) -> str:
    name = f" {operation.name.value}" if operation.name else ""
    return f"# {operation.operation.value}{name}"
