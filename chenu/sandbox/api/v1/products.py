"""Products."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, deleted, refuse_unsupported
from chenu.sandbox.objects.price import new_price
from chenu.sandbox.objects.product import PRODUCT_FIELDS, announce_product, new_product


@ROUTES.post("/v1/products")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(
        parameters, (*PRODUCT_FIELDS, "id", "type", "default_price_data"), "products.create"
    )
    product = announce_product(unit, new_product(unit, parameters))
    if "default_price_data" in parameters:
        price = new_price(unit, parameters["default_price_data"], product)
        product.body["default_price"] = price.id
        unit.save(product)
    return product


@ROUTES.get("/v1/products")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    ids = parameters.get("ids")
    return page(
        unit,
        "product",
        "/v1/products",
        parameters,
        [] if ids is None else [Filter("id", "IN", ids, is_column=True)],
        by=("active", "shippable", "type", "url"),
        handled=("ids",),
    )


@ROUTES.get("/v1/products/{product}")
def retrieve(unit: UnitOfWork, parameters: Json, product: str) -> Record:
    return unit.get("product", product)


@ROUTES.post("/v1/products/{product}")
def update(unit: UnitOfWork, parameters: Json, product: str) -> Record:
    refuse_unsupported(parameters, (*PRODUCT_FIELDS, "default_price"), "products.update")
    record = unit.get("product", product)
    price_id = parameters.get("default_price")
    if price_id:
        price = unit.get("price", price_id, param="default_price")
        if price.body["product"] != product:
            raise ApiError("That price belongs to another product.", param="default_price")
    with unit.change(record, "product.updated") as body:
        apply(body, parameters, (*PRODUCT_FIELDS, "default_price"))
        for name in ("images", "marketing_features"):
            body[name] = body[name] or []
        body["updated"] = unit.now
    return record


@ROUTES.delete("/v1/products/{product}")
def delete(unit: UnitOfWork, parameters: Json, product: str) -> Json:
    """Only a product without prices can go."""
    record = unit.get("product", product)
    if unit.store.select("price", unit.account, [Filter("product", "=", product)], limit=1):
        raise ApiError(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    unit.emit("product.deleted", record.body)
    unit.store.delete(record)
    return deleted("product", product)
