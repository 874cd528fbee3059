"""The back office as the admin theme reads it: its menu by task, its name and its one accent colour."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.templatetags.static import static
from django.urls import get_script_prefix, reverse_lazy
from django.utils.translation import gettext_lazy as _


def _page(title: Any, icon: str, model: str) -> dict[str, Any]:
    app, _sep, name = model.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


def _report(title: Any, icon: str, name: str, *arguments: str) -> dict[str, Any]:
    may = "analytics.access.may_read_request"
    return {"title": title, "icon": icon, "link": reverse_lazy(name, args=arguments), "permission": may}


_CHANNELS = _("Channels")
# The menu by task. The channels' pages are added by `navigation`.
_MENU: list[dict[str, Any]] = [
    {
        "title": _("Conversations"),
        "items": [
            {
                "title": _("Home"),
                "icon": "dashboard",
                "link": reverse_lazy("admin:index"),
                "permission": lambda request: request.user.is_staff,
            },
            _page(_("Conversations"), "forum", "bridge.conversation"),
            _page(_("Messages"), "chat_bubble", "bridge.message"),
            _page(_("Customers"), "group", "bridge.customer"),
            _page(_("Broadcasts"), "campaign", "bridge.broadcast"),
            _page(_("Media"), "perm_media", "bridge.media"),
        ],
    },
    {
        "title": _("Seats and queue"),
        "items": [
            _page(_("Seats"), "support_agent", "seats.seat"),
            {
                **_page(_("Groups"), "workspaces", "seats.seatgroup"),
                "active": lambda request: "/seats/seatgroup/" in request.path and "/outlook/" not in request.path,
            },
            _page(_("Queue"), "hourglass_top", "seats.queueentry"),
            {
                "title": _("Routing preview"),
                "icon": "psychology_alt",
                "link": reverse_lazy("admin:seats_outlook"),
                "permission": lambda request: request.user.has_perm("seats.view_seatgroup"),
            },
            _page(_("Working hours"), "schedule", "bridge.workinghours"),
            _page(_("Tags"), "sell", "bridge.tag"),
            _page(_("Seats as customers see them"), "badge", "bridge.shownseat"),
            _page(_("Canned replies"), "quickreply", "seats.cannedreply"),
            _page(_("Assignments"), "assignment_ind", "seats.assignment"),
        ],
    },
    {
        "title": _("Reports"),
        "items": [
            _report(_("Live"), "monitoring", "reports-live"),
            _report(_("Key figures"), "insights", "reports-dashboard", "overview"),
            _report(_("Accounts compared"), "compare", "reports-dashboard", "accounts"),
            _report(_("Sources"), "signpost", "reports-dashboard", "sources"),
            _report(_("Groups compared"), "group_work", "reports-dashboard", "groups"),
            _report(_("Seats compared"), "leaderboard", "reports-dashboard", "seats"),
            _report(_("Waiting times"), "hourglass_bottom", "reports-dashboard", "queue"),
            _report(_("Satisfaction"), "sentiment_satisfied", "reports-dashboard", "satisfaction"),
            _report(_("Quality of delivery"), "verified", "reports-dashboard", "delivery"),
            _report(_("Questions"), "query_stats", "reports-explore"),
            _page(_("Scheduled reports"), "schedule_send", "analytics.subscription"),
            _page(_("Goals"), "flag", "analytics.goal"),
            _page(_("Notes on days"), "event_note", "analytics.daynote"),
        ],
    },
    {
        "title": _CHANNELS,
        "items": [],
    },
    {
        "title": _("Chatbots"),
        "items": [
            _page(_("Welcomes"), "waving_hand", "chatbots.welcome"),
            _page(_("QR codes"), "qr_code_2", "bridge.qrcode"),
            _page(_("Notice templates"), "notifications_active", "bridge.template"),
            {
                **_page(_("FAQ"), "smart_toy", "chatbots.faqentry"),
                "active": lambda request: "/chatbots/faqentry/" in request.path and "/try/" not in request.path,
            },
            {
                "title": _("Try the chatbots"),
                "icon": "science",
                "link": reverse_lazy("admin:chatbots_try"),
                "permission": lambda request: request.user.has_perm("chatbots.view_faqentry"),
            },
        ],
    },
    {
        "title": _("System"),
        "items": [
            _page(_("Events"), "move_to_inbox", "bridge.inboundevent"),
            _page(_("Deliveries"), "outbox", "bridge.delivery"),
            _page(_("Exchange log"), "swap_horiz", "bridge.exchange"),
            _page(_("Platform errors"), "error", "bridge.platformerror"),
            _page(_("Lanes"), "alt_route", "bridge.lane"),
            {
                "title": _("Check-up"),
                "icon": "stethoscope",
                "link": reverse_lazy("check-up"),
                "permission": lambda request: request.user.has_perm("constance.view_config"),
            },
            {
                "title": _("Parameters"),
                "icon": "tune",
                "link": reverse_lazy("admin:constance_config_changelist"),
                "permission": lambda request: request.user.has_perm("constance.view_config"),
            },
            _page(_("Users"), "person", "auth.user"),
            _page(_("Failed sign-ins"), "lock_clock", "axes.accessattempt"),
            _page(_("Two-step devices"), "phonelink_lock", "otp_totp.totpdevice"),
            {"title": _("My two-step sign-in"), "icon": "verified_user", "link": reverse_lazy("two-step")},
            _page(_("API tokens"), "key", "knox.authtoken"),
            {"title": _("My API tokens"), "icon": "vpn_key", "link": reverse_lazy("own-tokens")},
            _page(_("Roles"), "badge", "auth.group"),
        ],
    },
]


def navigation(request: Any) -> list[dict[str, Any]]:
    """Return the menu, with a page for the endpoints of each platform that the site has."""
    from bridge.platforms.registry import platforms

    return _linked(tuple(platforms()), get_script_prefix())


@lru_cache(maxsize=10)
def _linked(platforms: tuple[Any, ...], prefix: str) -> list[dict[str, Any]]:
    """Return the menu with its addresses, which below one prefix are always the same: every page looks at each of them twice."""
    pages = [_page(one.menu, one.icon, one.model._meta.label_lower) for one in platforms]
    groups = ((group["title"], pages if group["title"] is _CHANNELS else group["items"]) for group in _MENU)
    return [{"title": title, "items": [{**one, "link": str(one["link"])} for one in items]} for title, items in groups]


THEME: dict[str, Any] = {
    "SITE_TITLE": _("WeChat Bridge"),
    "SITE_HEADER": _("WeChat Bridge"),
    "SITE_SYMBOL": "forum",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("bridge/favicon.svg")},
    ],
    "SCRIPTS": [lambda request: static("bridge/backoffice.js")],
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "analytics.live.home.dashboard",
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "#eef8f4",
            "100": "#d5efe4",
            "200": "#aedecb",
            "300": "#7dc6ab",
            "400": "#48a786",
            "500": "#2fa27c",
            "600": "#0a6e4e",
            "700": "#095a41",
            "800": "#094835",
            "900": "#083b2c",
            "950": "#04221a",
        }
    },
    # Whoever is no staff sees some pages in the same frame.
    "GLOBAL_CALLBACK": "analytics.doors.menu",
    "SIDEBAR": {
        "show_search": True,
        "navigation": "config.backoffice.navigation",
    },
}
