"""Sends mails by SMTP, or into a folder that the demo shows as a page."""

import asyncio
import hashlib
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from chenu.settings import SettingError, Settings

_PATIENCE_SECONDS = 20


class MailError(Exception):
    """The mail was not sent; `final` if another attempt would fail in the same way."""

    def __init__(self, message: str, *, final: bool) -> None:
        super().__init__(message)
        self.final = final


class MailTransport(Protocol):
    async def send(self, message: EmailMessage) -> None:
        """Raises MailError."""


class FolderTransport:
    """One .eml file per Message-ID: sending again replaces it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:32]
        unfinished = self._folder / f"{name}.tmp"
        unfinished.write_bytes(bytes(message))
        unfinished.replace(self._folder / f"{name}.eml")


class SmtpTransport:
    """smtp://user:password@host:587 (STARTTLS when offered) or smtps://host:465."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if parts.scheme == "smtps" else 587)
        self._tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, message: EmailMessage) -> None:
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                timeout=_PATIENCE_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = {refused.code for refused in error.recipients}
            raise MailError(
                f"refused: {sorted(codes)}", final=all(c >= 500 for c in codes)
            ) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailError(f"{type(error).__name__}", final=False) from error


def make_transport(settings: Settings) -> MailTransport:
    """SMTP if it is configured, else the folder. Raises SettingError without either."""
    if settings.smtp_url is not None:
        return SmtpTransport(settings.smtp_url)
    if settings.mail_folder is not None:
        return FolderTransport(Path(settings.mail_folder))
    raise SettingError("SMTP_URL is not set (CHENU_MAIL_FOLDER would do as well)")
