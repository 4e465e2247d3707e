"""The parts of one running sandbox, put together."""

import secrets

from chenu.sandbox import api as api  # importing it registers the calls
from chenu.sandbox.api.exchanges import Exchanges
from chenu.sandbox.api.gateway import Gateway
from chenu.sandbox.config import SandboxConfig
from chenu.sandbox.engine.clock import Clock
from chenu.sandbox.engine.delivery import WebhookSender
from chenu.sandbox.engine.faults import Faults
from chenu.sandbox.engine.ids import IdSource
from chenu.sandbox.engine.outbox import DeliveryModes, DeliveryQueue
from chenu.sandbox.engine.scheduler import Scheduler
from chenu.sandbox.engine.store import Store
from chenu.sandbox.engine.unit_of_work import Engine


class Sandbox:
    """One store with everything that works on it."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.store = Store(config.data)
        self.queue = DeliveryQueue(self.store)
        self.engine = Engine(config, self.store, Clock(), IdSource(0), self.queue)
        self.scheduler = Scheduler(self.engine)
        self.faults = Faults()
        self.exchanges = Exchanges(config)
        self.sender = WebhookSender(config, self.store, self.queue)
        self.gateway = Gateway(
            self.engine, self.scheduler, self.faults, self.exchanges, IdSource(0)
        )
        self._load()

    def _load(self) -> None:
        """Read the clock, the ids and the delivery modes from the store."""
        store = self.store
        seed = self.config.seed
        if seed is None:
            seed = int(store.get_meta("seed", str(secrets.randbits(48))))
        starts = int(store.get_meta("starts", "0")) + 1
        store.set_meta("seed", str(seed))
        store.set_meta("starts", str(starts))
        self.engine.clock.offset = int(store.get_meta("clock_offset", "0"))
        self.engine.ids = IdSource(seed, int(store.get_meta("ids", "0")))
        # Request ids are not stored, so each start has its own series of them.
        self.gateway.request_ids = IdSource(seed, starts << 40)
        self.queue.load_modes()

    def reset(self) -> None:
        """Empty everything: objects, clock, receivers, faults, modes, recorded exchanges."""
        self.store.clear()
        self.faults.clear()
        self.exchanges.clear()
        self.queue.set_modes(DeliveryModes())
        self._load()

    def snapshot(self) -> str:
        """Take a snapshot; it can be restored until the process ends."""
        name = f"snap_{secrets.token_hex(8)}"
        self.store.take_snapshot(name)
        return name

    def restore(self, name: str) -> bool:
        """Restore a snapshot, the clock included; False for an unknown name."""
        found = self.store.restore_snapshot(name)
        if found:
            self._load()
        return found

    async def close(self) -> None:
        await self.sender.close()
        self.exchanges.close()
        self.store.close()
