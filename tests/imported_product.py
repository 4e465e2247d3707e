"""Imports everything that the product's processes import, for the process that forks them."""

import gc

gc.disable()

from chenu import app, cli  # noqa: E402
from chenu.jobs import worker  # noqa: E402
from storefront import affiliate_statement  # noqa: E402

__all__ = ["affiliate_statement", "app", "cli", "worker"]

gc.freeze()
gc.enable()
