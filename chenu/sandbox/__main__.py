"""`python -m chenu.sandbox`: run the sandbox on a port."""

import argparse
import sys
from pathlib import Path

from chenu.sandbox.config import SandboxConfig, recorded_by_environment


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM."""
    given = _parser().parse_args(arguments)
    config = SandboxConfig(
        public_url=given.public_url or f"http://{given.host}:{given.port}",
        data=given.data,
        record=Path(given.record) if given.record else recorded_by_environment(),
        seed=given.seed,
        clock=given.clock,
        begin_with=Path(given.begin_with) if given.begin_with else None,
        webhook_retry_scale=given.webhook_retry_scale,
        v2_event_details=given.v2_event_details,
        laid_out_pdfs=not given.plain_pdfs,
    )
    # Imported after parsing, so that --help answers at once.
    from chenu.sandbox.engine.archive import BadArchive
    from chenu.sandbox.engine.store import OtherVersion
    from chenu.sandbox.serving import serve

    try:
        serve(config, given.host, given.port)
    except (BadArchive, OtherVersion) as error:
        sys.exit(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chenu.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8421)
    parser.add_argument("--public-url", help="where browsers reach it; default: host and port")
    parser.add_argument("--data", default=":memory:", help="SQLite file; default: memory")
    parser.add_argument("--record", help="append every API exchange to this file")
    parser.add_argument("--seed", type=int, help="makes ids and webhook faults repeatable")
    parser.add_argument("--clock", type=int, help="Unix seconds at which the clock starts")
    parser.add_argument("--begin-with", help="archive that a new data file begins with")
    parser.add_argument("--webhook-retry-scale", type=float, default=1.0)
    parser.add_argument(
        "--plain-pdfs", action="store_true", help="documents without WeasyPrint, in no time"
    )
    parser.add_argument(
        "--v2-event-details",
        action="store_true",
        help="fetched v2 events carry related_object and data, see README.md",
    )
    return parser


if __name__ == "__main__":
    main()
