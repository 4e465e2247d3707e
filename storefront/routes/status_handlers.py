"""The handlers of the status page, the account's page of its SLA, and the desk of incidents."""

from storefront.routes import contract_credits, sla, staff_incidents, status

STATUS_HANDLERS = (
    status.show_status,
    status.send_status,
    sla.show_sla,
    contract_credits.confirm,
    contract_credits.refuse,
    contract_credits.take_back,
    staff_incidents.show_incidents,
    staff_incidents.open_new,
    staff_incidents.write_update,
    staff_incidents.announce,
    staff_incidents.end,
)
