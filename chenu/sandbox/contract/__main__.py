"""`python -m chenu.sandbox.contract check FILE.jsonl`: see chenu.sandbox.contract.check."""

import sys

from chenu.sandbox.contract.check import main

sys.exit(main(sys.argv[1:]))
