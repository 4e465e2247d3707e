"""CHE·NU's monetization backend and agent marketplace: the business."""

import os

# `python -m chenu` and tools that import tables work with nothing exported.
os.environ.setdefault("PICCOLO_CONF", "chenu.piccolo_conf")
