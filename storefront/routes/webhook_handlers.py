"""The handlers of webhooks out."""

from storefront.routes import webhook_acts, webhooks

WEBHOOK_HANDLERS = (
    webhooks.show_webhooks,
    webhooks.make_endpoint,
    webhooks.show_endpoint,
    webhook_acts.save_events,
    webhook_acts.renew_secret,
    webhook_acts.turn_off,
    webhook_acts.turn_on,
    webhook_acts.test_endpoint,
    webhook_acts.send_again,
    webhook_acts.remove,
)
