"""The mail about a newly published version, to everybody who has its agent in an older one."""

from uuid import UUID

import structlog

from chenu.accounts.customers import get_mailbox
from chenu.agents.model import GrantId
from chenu.agents.permission_changes import compare_versions
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.agents.version_heads import VersionHead, list_version_heads_by_id
from chenu.agents.version_news import (
    NewsRow,
    Unnotified,
    drop_news,
    list_due_news,
    list_unnotified,
    mark_notified,
    postpone_news,
)
from chenu.core import db
from chenu.core.agent_mail_params import NewVersionParams
from chenu.core.backoff import name_failure
from chenu.core.mail import MailKind, queue_mail

log = structlog.get_logger(__name__)

_MOST_ATTEMPTS = 30
"""About a day: whoever cannot be told until then finds it in their library."""


async def notify_of_versions() -> None:
    """A version or a person that fails stands before no other, and is tried again."""
    for news in await list_due_news():
        try:
            failure = await _notify_all(news)
        except Exception as error:
            failure = _report(error, news=str(news.id))
        if failure is None or news.attempts >= _MOST_ATTEMPTS:
            await drop_news(news.id)
        else:
            await postpone_news(news.id, failure)


async def _notify_all(news: NewsRow) -> str | None:
    """The last failure, if somebody could not be told."""
    agent, version = await find_agent(news.agent_id), await _find_version(news)
    if agent is None or version is None or agent.current_version != version.id:
        return None  # a newer one took its place, which is told of instead
    failure, last = None, GrantId(UUID(int=0))
    while found := await list_unnotified(news, after=last):
        for grant in found:
            try:
                await _notify(grant, agent, version)
            except Exception as error:
                failure = _report(error, grant=str(grant.id))
        last = found[-1].id
    return failure


async def _find_version(news: NewsRow) -> VersionHead | None:
    found = await list_version_heads_by_id([news.version_id])
    return found[0] if found else None


def _report(error: Exception, **row: str) -> str:
    failure = name_failure(error)
    log.warning("version_mail_failed", **row, error=failure)
    return failure


@db.transactional
async def _notify(grant: Unnotified, agent: AgentRow, version: VersionHead) -> None:
    if not await mark_notified(grant.id, version.id):
        return
    mailbox = await get_mailbox(grant.account_id)
    changes = await compare_versions(grant.version_id, version.id)
    params = NewVersionParams(
        name=mailbox.name,
        account=mailbox.account,
        agent=agent.text(mailbox.locale).name,
        number=version.number,
        notes=version.changelog,
        access_grant=str(grant.id),
        asks_more=changes.asks_more,
    )
    key = f"new-version:{version.id}:{grant.account_id}"
    await queue_mail(MailKind.NEW_VERSION, mailbox.email, mailbox.locale, key, params)
