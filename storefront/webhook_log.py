"""The log of an endpoint as its page shows it: deliveries, each with its attempts."""

from collections.abc import Sequence

import msgspec

from chenu.webhooks.deliveries import AttemptRow, DeliveryRow
from chenu.webhooks.model import DeliveryState, message_id_of


class ShownDelivery(msgspec.Struct, frozen=True):
    """`payload` is laid out for readers; what is sent has no white space. `message_id`: the header
    webhook-id.
    """

    row: DeliveryRow
    message_id: str
    payload: str
    attempts: Sequence[AttemptRow]

    @property
    def can_be_sent_again(self) -> bool:
        return self.row.state is not DeliveryState.WAITING


def show_log(
    deliveries: Sequence[DeliveryRow], attempts: Sequence[AttemptRow]
) -> list[ShownDelivery]:
    return [
        ShownDelivery(
            row,
            message_id_of(row.event_id),
            msgspec.json.format(row.payload, indent=2),
            [each for each in attempts if each.delivery_id == row.id],
        )
        for row in deliveries
    ]
