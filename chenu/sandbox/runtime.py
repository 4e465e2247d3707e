"""The parts of one running sandbox, put together."""

import secrets

from chenu.sandbox import api as api  # importing it registers the calls
from chenu.sandbox.api.exchanges import Exchanges
from chenu.sandbox.api.gateway import Gateway
from chenu.sandbox.config import SandboxConfig
from chenu.sandbox.engine import archive
from chenu.sandbox.engine.clock import Clock
from chenu.sandbox.engine.delivery import WebhookSender
from chenu.sandbox.engine.faults import Faults
from chenu.sandbox.engine.ids import IdSource
from chenu.sandbox.engine.outbox import DeliveryModes, DeliveryQueue
from chenu.sandbox.engine.scheduler import Scheduler
from chenu.sandbox.engine.snapshots import Snapshot, Snapshots
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
        self.snapshots = Snapshots(self.store, self.faults, self.queue)
        self._read_archive()
        self._start()
        self._begin_at(config.clock)

    def _read_archive(self) -> None:
        """Fill a new store with the archive that it is to begin with."""
        path = self.config.begin_with
        if path is not None and not self.store.get_meta("starts", ""):
            with path.open(encoding="utf-8") as lines:
                archive.read(self.store, lines, self.config.public_url)

    def write_archive(self) -> str:
        """What another sandbox can begin with."""
        return "".join(archive.write(self.store, self.engine.clock, self.config.public_url))

    def _begin_at(self, clock: int | None) -> None:
        """Set the global clock, also behind the machine's time; None leaves it as it is."""
        if clock is not None:
            self.engine.clock.move_to(clock)
            self.store.set_meta("clock_offset", str(self.engine.clock.offset))

    def _start(self) -> None:
        """Begin with what the store holds, or with an empty store."""
        store = self.store
        seed = self.config.seed
        if seed is None:
            seed = int(store.get_meta("seed", str(secrets.randbits(48))))
        starts = int(store.get_meta("starts", "0")) + 1
        store.set_meta("seed", str(seed))
        store.set_meta("starts", str(starts))
        # Request ids are not stored, so each start has its own series of them.
        self.gateway.request_ids = IdSource(seed, starts << 40)
        self.queue.load_modes()
        self._read_state()

    def _read_state(self) -> None:
        """Continue with the clock and the ids of the store."""
        store = self.store
        self.engine.clock.offset = int(store.get_meta("clock_offset", "0"))
        self.engine.ids = IdSource(
            int(store.get_meta("seed", "0")), int(store.get_meta("ids", "0"))
        )

    def _abandon_open_work(self) -> None:
        """What is under way belongs to the state that is replaced, and must not reach the next."""
        self.sender.abandon()
        self.gateway.abandon()

    def reset(self, clock: int | None = None) -> None:
        """Empty everything: objects, clocks, receivers, faults, modes, recorded exchanges."""
        self._abandon_open_work()
        self.store.clear()
        self.faults.clear()
        self.exchanges.clear()
        self.queue.set_modes(DeliveryModes())
        self._start()
        self._begin_at(clock)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot: everything but the recorded exchanges."""
        self._abandon_open_work()
        self.snapshots.restore(snapshot)
        self._read_state()
        self.queue.wake()

    async def close(self) -> None:
        await self.sender.close()
        self.exchanges.close()
        self.snapshots.close()
        self.store.close()
