"""Products, made by their own call and by those that describe one inline."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply

PRODUCT_FIELDS = (
    "active",
    "description",
    "images",
    "marketing_features",
    "name",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
)


def new_product(unit: UnitOfWork, parameters: Json) -> Record:
    """Store a product without an event. Raises ApiError for an id that is taken."""
    product_id = parameters.get("id") or unit.new_id("product")
    if unit.find("product", product_id):
        raise ApiError(
            f"Product already exists: {product_id}", code="resource_already_exists", param="id"
        )
    body = shapes.new("product", id=product_id, created=unit.now, updated=unit.now)
    apply(body, parameters, (*PRODUCT_FIELDS, "type"))
    return unit.create("product", body)


def announce_product(unit: UnitOfWork, product: Record) -> Record:
    unit.emit("product.created", product.body)
    return product
