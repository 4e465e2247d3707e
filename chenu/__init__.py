"""CHE·NU's monetization backend and agent marketplace: the business."""

import os

# Exports nothing, so that importing tables or `python -m chenu` loads no more than it needs.
os.environ.setdefault("PICCOLO_CONF", "chenu.piccolo_conf")
