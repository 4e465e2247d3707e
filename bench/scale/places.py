"""Which machines there are, and their addresses."""

from bench.scale.machines import NETWORK

USER, PASSWORD = "postgres", "of-this-run"
_LAST = {
    "edge": 10, "db1": 11, "db2": 12, "db3": 13, "db4": 14, "cache1": 21, "cache2": 22,
    "cache3": 23, "web1": 31, "web2": 32, "web3": 33, "web4": 34, "work1": 41, "work2": 42,
    "stripe": 50,
}  # fmt: skip
IPS = {name: f"{NETWORK}.{last}" for name, last in _LAST.items()}
DATABASES = ("db1", "db2", "db3")
SPARE_DATABASE = "db4"
"""A further replica without an etcd of its own: three replicas are measured, and not broken."""
CACHES = ("cache1", "cache2", "cache3")
WEBS = ("web1", "web2", "web3", "web4")
WORKERS = ("work1", "work2")
REPLICA_PORTS = {name: 5101 + number for number, name in enumerate((*WEBS, *WORKERS))}
"""At HAProxy, for each process its own."""
PORTS = (6379, 6380)
NODES = tuple((name, port) for name in CACHES for port in PORTS)
""" Of Valkey: the first port has masters at the start, the second copies of other machines'."""
URL = f"http://{IPS['edge']}"
STRIPE_URL = f"http://{IPS['stripe']}:8421"
DIRECT_URL = f"postgresql://{USER}:{PASSWORD}@{IPS['edge']}:5000/chenu"
REDIS_URL = f"redis://:{PASSWORD}@{IPS['edge']}:6379/0"
