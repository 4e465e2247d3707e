"""The HTTP API: the gateway, the routes, and the calls; importing this package registers them."""

from chenu.sandbox.api import v1 as v1
from chenu.sandbox.api import v2 as v2
