"""What the scripts of the desk's pages say, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def desk() -> dict[str, str]:
    """Return what the desk's script says."""
    return {
        "today": _("today"),
        "yesterday": _("yesterday"),
        "retry": _("Send again"),
        "edit": _("Edit"),
        "discard": _("Discard"),
        "discard_sure": _("Discard this message? It was not sent."),
        "not_delivered": _("Not delivered"),
        "refused_in": _("Not sent to %(name)s: %(reason)s"),
        "open": _("Open"),
        "below": _("%d new"),
        "too_long": _(
            "%(count)d characters; at most %(most)d go at once. Nothing was sent, nothing is lost: send it in parts."
        ),
        "too_large": _("%(name)s is larger than %(most)d MB."),
        "login": _("Your session has ended. What you wrote is kept and sent after you log in."),
        "log_in": _("Log in"),
        "other_user": _("Somebody else has logged in here. Nothing more is shown or sent; reload this page."),
        "reload": _("Reload"),
        "not_fetched": _("The list could not be loaded."),
        "not_loaded": _("It could not be loaded. The last state is shown; nothing is lost."),
        "incomplete": _("A part of this page did not arrive. Reload it; nothing that you wrote is lost."),
        "try_again": _("Try again"),
        "yours_now": _("%s is yours now"),
        "offer_over": _("The transfer request is over."),
        "take_next": _("Take the next customer"),
        "take_next_of": _("Next customer · %d waiting"),
        "nobody_waits": _("Nobody is waiting."),
        "no_room": _("All your places are taken. End a conversation or hand one on first."),
        "left": _("%d left"),
        "left_after": _("%d left after this one"),
        "left_none": _("None left until the customer writes"),
        "left_over": _("Time is over: what you write waits"),
        "notices_on": _("Notifications: on"),
        "notices_off": _("Notifications: off"),
        "notices_pushed": _("Notifications: on, also while the desk is closed."),
        "notices_here": _("Notifications: on while the desk is open. This browser takes none when it is closed."),
        "notices_blocked": _("The browser blocks notifications for this page."),
        "no_place": _("No place was found in it. Short links hold none: open them first, then copy the address."),
        "sending": _("sending"),
        "not_there": _("This conversation is not yours to see, or no longer."),
        "not_known": _("No answer came, so it is not known whether that was done. Look, and do it again if not."),
        "login_first": _("Your session has ended, so this was not done. Log in, then do it again."),
        "old": _("It has waited here for long and was not sent. Send it now, or discard it."),
        "customer_pane": _("Customer"),
        "shut": pgettext("a window", "Close"),
        "offline": _("No connection. What you write is kept and sent once it is back."),
        "new": _("New message"),
        "waiting": _("It is under way."),
        "error": _("That did not work. Try again."),
        "cancel": _("Cancel"),
        "back": _("Back to the list"),
        "no_recording": _("This browser does not record here. Open the desk by https, or send a sound file."),
        "no_microphone": _("The browser gives no microphone. Allow it for this page and try again."),
        "minute_over": _("A voice is at most a minute long. Send it, then record the next one."),
        "seconds": _("%ds"),
        "minutes": _("%dm"),
        "hours": _("%(hours)dh %(minutes)dm"),
    }


def floor() -> dict[str, str]:
    """Return what the floor's script says; `..._what` is asked before it is done, `..._alone` where no seat has it."""
    return desk() | {
        "reassign": _("Reassign %d"),
        "chosen": _("%d chosen"),
        "what": _(
            "The %(count)d conversations of %(from)s go to %(to)s. The seats are told; "
            "a customer is told only where there is a line to wait in."
        ),
        "nobody": _("nobody"),
        "whisper_what": _("%(seat)s reads it in the chat with %(name)s. The customer does not see it."),
        "join_what": _(
            "You read along with %(name)s and can write to them. %(seat)s is told; the customer gets no message."
        ),
        "join_alone": _("You read along with %(name)s and can write to them. The customer gets no message."),
        "takeover_what": _("%(name)s becomes yours. %(seat)s is told; the customer gets no message."),
        "reassign_what": _("Hand %(name)s to"),
    }


def im() -> dict[str, Any]:
    """Return what the script beside Tencent's client says."""
    return desk() | {
        "choose": _("Open a chat to see its customer here."),
        "greeting": _("Choose a conversation on the left."),
        "no_login": _("Tencent IM cannot be reached, or has refused the login. The desk works without it."),
        "check": [
            _(
                "Network: this browser must reach *.tim.qq.com and *.im.qcloud.com by https and WebSocket; ask about firewall and proxy."
            ),
            _("Browser: switch off blockers for this page, and check the computer's clock."),
            _(
                "App: SDKAppID, secret key and region in the admin (Channels → Tencent IM app), and its “Set up and check”."
            ),
        ],
        "kicked": _("Tencent IM has logged this client out. Reload the page to log in again."),
    }
