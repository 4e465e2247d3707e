"""The handlers of the status page, the account's page of its SLA, and the desk of incidents."""

from storefront.routes import status

STATUS_HANDLERS = (
    status.show_status,
    status.send_status,
)
