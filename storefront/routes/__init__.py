"""The storefront's routes, each with its access rule."""

from typing import Any

from litestar import Request, Router
from litestar.di import Provide

from chenu.accounts.request_context import STATE_KEY
from chenu.flows.services import Services
from storefront.access import RequestCheck
from storefront.counts import Counts
from storefront.pages import Pages, StatusOf
from storefront.routes import (
    about,
    account,
    creator,
    creator_agents,
    enterprise,
    files,
    home,
    invitations,
    library,
    mail_choices,
    manifests,
    members,
    plan,
    purchases,
    recovery,
    sessions,
    sign_up,
    staff,
    staff_accounts,
    staff_mails,
    store,
    support,
    support_desk,
)

HANDLERS = (
    home.show_home,
    store.browse,
    store.show_agent,
    store.show_creator,
    manifests.show_manifest,
    manifests.open_manifest,
    purchases.buy,
    purchases.show_purchase,
    purchases.cancel_purchase,
    library.show_library,
    sessions.show_sign_in,
    sessions.submit_sign_in,
    sign_up.show_sign_up,
    sign_up.submit_sign_up,
    sessions.sign_out,
    sessions.choose_language,
    recovery.show_forgot,
    recovery.submit_forgot,
    recovery.show_reset,
    recovery.submit_reset,
    recovery.show_verify,
    recovery.submit_verify,
    recovery.show_cancel,
    recovery.submit_cancel,
    plan.show_plan,
    plan.start_plan,
    plan.leave_plan,
    plan.take_plan_up_again,
    plan.change_card,
    plan.show_card,
    plan.show_order,
    plan.show_invoices,
    account.show_account,
    account.save_profile,
    account.save_password,
    account.send_link_again,
    account.end_session,
    account.end_other_sessions,
    account.make_key,
    account.end_key,
    mail_choices.show_choices,
    mail_choices.save_choices,
    mail_choices.show_unsubscribe,
    mail_choices.unsubscribe,
    members.switch_account,
    members.show_members,
    members.name_account,
    members.send_invitation,
    members.resend_invitation,
    members.end_invitation,
    members.give_role,
    members.end_membership,
    members.give_account,
    members.leave,
    invitations.show_invitation,
    invitations.accept,
    creator.show_desk,
    creator.save_creator,
    creator.show_join,
    creator.join,
    creator.open_onboarding,
    creator.return_from_onboarding,
    creator_agents.show_new,
    creator_agents.save_new,
    creator_agents.preview_description,
    creator_agents.show_agent,
    creator_agents.save_listing,
    creator_agents.save_price,
    creator_agents.save_version,
    creator_agents.submit,
    creator_agents.archive,
    staff.show_queue,
    staff.show_review,
    staff.decide,
    staff_accounts.show_search,
    staff_accounts.show_account,
    staff_accounts.save_override,
    staff_accounts.end_override,
    enterprise.show_enterprise,
    enterprise.ask,
    enterprise.show_inquiries,
    enterprise.close,
    enterprise.show_contracts,
    enterprise.enter,
    enterprise.end,
    staff_mails.show_mails,
    staff_mails.show_mail,
    staff_mails.show_mail_html,
    support_desk.show_queue,
    support_desk.show_request,
    support_desk.answer,
    support_desk.close,
    support.show_support,
    support.ask,
    about.show_pricing,
    about.show_terms,
    about.show_privacy,
    about.show_imprint,
    files.send_static,
    files.send_favicon,
    files.send_icon,
    files.send_manifest_schema,
    files.send_robots,
    files.send_sitemap,
)


def create_storefront(
    services: Services, status_of: StatusOf, compose_samples: staff_mails.ComposeSamples
) -> Router:
    """Every page; `status_of` maps an error of the business to its HTTP status."""

    counts = Counts(services.settings.cache_seconds)

    def make_pages(request: Request[Any, Any, Any]) -> Pages:
        request_context = request.scope["state"][STATE_KEY]
        return Pages(request, request_context, services.settings, status_of, counts)

    return Router(
        "/",
        route_handlers=HANDLERS,
        dependencies={
            "pages": Provide(make_pages, sync_to_thread=False),
            "compose_samples": Provide(lambda: compose_samples, sync_to_thread=False),
        },
        before_request=RequestCheck(services.settings),
    )
