"""Piccolo's configuration: the engine of chenu.core.db and the one app.

The bare `piccolo` command reads DATABASE_URL, or the running demo's URL (CHENU_DATA).
"""

import os

from piccolo.conf.apps import AppRegistry

from chenu.core import db

if "DATABASE_URL" in os.environ:
    db.configure(os.environ["DATABASE_URL"], application="piccolo", role=None)

DB = db.ENGINE
APP_REGISTRY = AppRegistry(apps=["chenu.piccolo_app"])
