"""Jobs and recurring tasks, for finance: what waits, what fails and why, run at once."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.core.paging import Key
from chenu.core.queue import Job
from chenu.core.queue_list import JobRow, get_job, list_failures, list_jobs
from chenu.core.scheduled_tasks import get_task, list_tasks
from chenu.flows.replays import replay_job, replay_task, seen_of
from storefront.access import FINANCE
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.replay_form import FORM, TYPED, list_pager, read_order, read_state
from storefront.replay_words import JOB_STATES, list_tabs

_PATH = "/staff/payments/jobs"
_JOB = f"{_PATH}/{{job_id:int}}"
_TASK = "/staff/payments/tasks/{task:str}"

_SUBJECTS = {
    Job.OPERATION: "/staff/payments/operations/",
    Job.WEBHOOK_EVENT: "/staff/payments/events/",
    Job.MAIL: "/staff/payments/mails/",
}
"""Where the page is of what a job is about."""


@get(_PATH, opt=FINANCE)
async def show_jobs(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    query, actor = read_query(request), pages.request_context.actor
    state = read_state(query, JOB_STATES)
    pager = list_pager(pages, _PATH, state)
    found = await list_jobs(state, pager.read(query))
    page = pages.show(
        "staff/jobs.html",
        tabs=list_tabs(actor),
        jobs=found.rows,
        links=pager.links(found, _key_of),
        tasks=await list_tasks(),
        state=state,
        states=JOB_STATES,
    )
    await record_staff_reads(actor, [StaffRead("queue", "jobs")])
    return page


def _key_of(row: JobRow) -> Key:
    return (row.id, str(row.id))


@get(_JOB, opt=FINANCE)
async def show_job(pages: NamedDependency[Pages], job_id: FromPath[int]) -> Page:
    return await _render_job(pages, job_id, FormView(FORM))


async def _render_job(pages: Pages, job_id: int, form: FormView, status: int = 200) -> Page:
    job, actor = await get_job(job_id), pages.request_context.actor
    subject = next((path for kind, path in _SUBJECTS.items() if kind == job.job), None)
    page = pages.show(
        "staff/job.html",
        status,
        tabs=list_tabs(actor),
        job=job,
        states=JOB_STATES,
        failures=await list_failures(job.id),
        subject=f"{subject}{job.argument}" if subject else None,
        seen=seen_of(job),
        form=form,
    )
    await record_staff_reads(actor, [StaffRead("job", str(job.id))])
    return page


@post(f"{_JOB}/replay", opt=FINANCE)
async def run_job(
    request: HttpRequest, pages: NamedDependency[Pages], job_id: FromPath[int]
) -> Page:
    fields = await read_form(request)
    await get_job(job_id)
    try:
        await replay_job(pages.request_context.actor, job_id, read_order(fields))
    except REFUSALS as error:
        form = pages.refused(FORM, keep(fields, TYPED), error)
        return await _render_job(pages, job_id, form, pages.status(error))
    return pages.go(f"{_PATH}?notice=replay-queued")


@get(_TASK, opt=FINANCE)
async def show_task(pages: NamedDependency[Pages], task: FromPath[str]) -> Page:
    return await _render_task(pages, task, FormView(FORM))


async def _render_task(pages: Pages, name: str, form: FormView, status: int = 200) -> Page:
    task, actor = await get_task(name), pages.request_context.actor
    page = pages.show(
        "staff/task.html",
        status,
        tabs=list_tabs(actor),
        task=task,
        seen=seen_of(task),
        form=form,
    )
    await record_staff_reads(actor, [StaffRead("task", task.name)])
    return page


@post(f"{_TASK}/replay", opt=FINANCE)
async def run_task(
    request: HttpRequest, pages: NamedDependency[Pages], task: FromPath[str]
) -> Page:
    fields = await read_form(request)
    await get_task(task)
    try:
        await replay_task(pages.request_context.actor, task, read_order(fields))
    except REFUSALS as error:
        form = pages.refused(FORM, keep(fields, TYPED), error)
        return await _render_task(pages, task, form, pages.status(error))
    return pages.go(f"/staff/payments/tasks/{task}?notice=replay-queued")
