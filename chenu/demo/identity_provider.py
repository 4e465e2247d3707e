"""The `oidc-provider` of npm as an organisation's identity provider, in a process of its own."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from chenu.demo.environments import find_node, make_node_environment
from chenu.demo.processes import Child

_FOLDER = Path(__file__).parent / "provider"


class DirectoryPerson(msgspec.Struct, frozen=True):
    """Somebody whom the provider knows, by their mailbox. `groups` is the claim of roles."""

    mailbox: str
    name: str
    groups: tuple[str, ...] = ()


class ProviderSettings(msgspec.Struct, frozen=True):
    """`origins`: the sites that it sends people back to. `password` is that of everybody."""

    port: int
    client: str
    secret: str
    origins: tuple[str, ...]
    people: tuple[DirectoryPerson, ...]
    password: str

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def metadata_url(self) -> str:
        """Answers once the provider is there."""
        return f"{self.issuer}/.well-known/openid-configuration"


def install_provider() -> Path:
    """By npm, once; takes some seconds then. Raises StartError."""
    return make_node_environment("identity-provider", _FOLDER / "package-lock.json")


def provider_process(
    home: Path, settings: ProviderSettings, log: Path, env: Mapping[str, str]
) -> Child:
    """Not started yet. `home` is where it was installed; `env` is what it has beside PATH."""
    return Child(
        "identity provider",
        [find_node(), str(_FOLDER / "server.mjs"), str(home)],
        log,
        env={
            "PATH": os.environ.get("PATH", ""),
            **env,
            "IDENTITY_PROVIDER": msgspec.json.encode(settings).decode(),
        },
    )
