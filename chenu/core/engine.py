"""Piccolo's engine as this product uses it: no connection at import, and transactions that end."""

from typing import Any

from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from chenu.core.pool import ConnectionPool


class Transaction(PostgresTransaction):
    """Piccolo's transaction, except that a failed COMMIT or ROLLBACK also releases the
    connection.
    """

    __slots__ = ()

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        # nested: the outer transaction ends it
        if self.engine.current_transaction.get() is not self:
            return exception is None
        try:
            end = self.rollback if exception else self.commit
            await end()  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            if self.engine.pool:
                await self.engine.pool.release(self.connection)
            else:
                await self.connection.close()
        return exception is None


class Engine(PostgresEngine):
    """Piccolo's engine with our transaction class.

    It makes no connection when a module is imported.
    """

    __slots__ = ()

    async def check_version(self) -> None:
        """Skipped: Piccolo asks the server when the engine is created, before the URL is
        configured.
        """

    async def start_connection_pool(self, **kwargs: Any) -> None:
        await super().start_connection_pool(**kwargs)
        self.pool: Any = ConnectionPool(self.pool)

    def transaction(self, allow_nested: bool = True) -> Transaction:
        return Transaction(engine=self, allow_nested=allow_nested)


ENGINE = Engine(config={})
