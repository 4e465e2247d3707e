"""The customer portal: configurations and sessions."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects import portal_configuration, portal_session
from chenu.sandbox.objects.parameters import refuse_unsupported

_URL = "/v1/billing_portal/configurations"
_NOUN = "configuration"
_SUPPORTED = ("business_profile", "default_return_url", "features", "login_page", "name")


@ROUTES.post(_URL)
def create_configuration(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, _SUPPORTED, "billing_portal.configurations.create")
    return portal_configuration.new_configuration(unit, parameters)


@ROUTES.get(_URL)
def list_configurations(unit: UnitOfWork, parameters: Json) -> Json:
    by = ("active", "is_default")
    return page(unit, portal_configuration.KIND, _URL, parameters, by=by, noun=_NOUN)


@ROUTES.get(_URL + "/{configuration}")
def retrieve_configuration(unit: UnitOfWork, parameters: Json, configuration: str) -> Record:
    return unit.get(portal_configuration.KIND, configuration, noun=_NOUN)


@ROUTES.post(_URL + "/{configuration}")
def update_configuration(unit: UnitOfWork, parameters: Json, configuration: str) -> Record:
    refuse_unsupported(parameters, (*_SUPPORTED, "active"), "billing_portal.configurations.update")
    record = unit.get(portal_configuration.KIND, configuration, noun=_NOUN)
    portal_configuration.change_configuration(unit, record, parameters)
    return record


@ROUTES.post("/v1/billing_portal/sessions")
def create_session(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(
        parameters,
        ("configuration", "customer", "flow_data", "locale", "return_url"),
        "billing_portal.sessions.create",
    )
    return portal_session.new_portal_session(unit, parameters)
