"""Piccolo's configuration: the engine of chenu.core.db and the one app.

The bare `piccolo` command reads DATABASE_URL, or the running demo's URL (CHENU_DATA).
"""

import os

from piccolo.conf.apps import AppRegistry

from chenu.core import db

# Piccolo imports this at its first query too, when a process of ours has long configured its own.
if "DATABASE_URL" in os.environ and not db.ENGINE.config:
    db.configure(os.environ["DATABASE_URL"], application="piccolo", role=None)

DB = db.ENGINE
APP_REGISTRY = AppRegistry(apps=["chenu.piccolo_app"])
