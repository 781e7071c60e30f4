"""Why a message did not get through, in words. What the other side wrote is never kept: it may repeat an address or a number."""
from __future__ import annotations

from ..i18n import LazyText
from ..i18n import gettext as _
from ..i18n import lazy_gettext as _l
from ..outgoing import Failure

REASONS: dict[str, LazyText] = {
    "url": _l("The address cannot be read. Write it as in https://gateway.example.cn/path."),
    "url_user": _l("The address must not hold a user name or password."),
    "url_host": _l("The name of the machine in the address is not allowed. Write a name or an IP address."),
    "name": _l("The name of the machine cannot be found. Check its spelling and this server’s name service."),
    "private": _l("The address is not a public one. Private addresses are asked only when the setting “Private networks that "
                  "messages may be sent to” allows them."),
    "plain": _l("Without encryption only addresses within the allowed private networks are asked. Use https or TLS."),
    "connect": _l("The machine does not take the connection. Check address, port and firewall."),
    "timeout": _l("The machine did not answer in time."),
    "dropped": _l("The connection broke off before an answer came."),
    "certificate": _l("The certificate of the machine is not trusted, or belongs to another name."),
    "tls": _l("No encrypted connection came about."),
    "ca": _l("This is no certificate in PEM form."),
    "too_long": _l("The answer was too long to be one."),
    "redirect": _l("The machine wants to send us to another address (status %(code)s). That is not followed: write the final "
                   "address."),
    "http": _l("The machine refused the message (status %(code)s)."),
    "http_access": _l("The machine does not know us or the path (status %(code)s). Check address and key."),
    "http_busy": _l("The machine cannot take messages at the moment (status %(code)s)."),
    "answer": _l("The machine answered something else than agreed."),
    "gateway": _l("The gateway did not accept the message."),
    "robot": _l("The robot refused the message (error %(code)s)."),
    "robot_key": _l("The robot does not exist, or key or signature are wrong (error %(code)s)."),
    "robot_busy": _l("The robot takes no more messages for a while (error %(code)s)."),
    "smtp_starttls": _l("The mail server offers no STARTTLS. Choose another kind of encryption."),
    "smtp_login": _l("The mail server does not accept user name and password (%(code)s)."),
    "smtp_sender": _l("The mail server does not accept the sender’s address (%(code)s)."),
    "smtp_recipient": _l("The mail server does not accept the recipient’s address (%(code)s)."),
    "smtp_later": _l("The mail server asks to try again later (%(code)s)."),
    "smtp_refused": _l("The mail server refused the message (%(code)s)."),
    "imap": _l("The mail server refused a command."),
    "imap_login": _l("The mail server does not accept user name and password. Many providers want the code that they give out "
                     "for mail programs."),
    "imap_folder": _l("There is no such folder in the mailbox. Write it as the server calls it, as in INBOX."),
    "imap_starttls": _l("The mail server offers no STARTTLS. Choose another kind of encryption."),
    "no_address": _l("The recipient has no confirmed address for this channel any more."),
    "channel_off": _l("The channel was switched off before the message went out."),
    "sealed": _l("A stored secret cannot be opened. Type it again on the page of the channel."),
    "site_url": _l("The address of this site is not set, so a message could carry no link."),
    "plugin": _l("The plugin that carries this channel failed."),
    "too_old": _l("For two days the channel could not be reached."),
    "interrupted": _l("Sending was interrupted again and again."),
}


def text_of(stored: str) -> str:
    """The words for a stored reason (``key`` or ``key code``), in the present language."""
    reason, _gap, code = stored.partition(" ")
    found = REASONS.get(reason)
    return str(found) % {"code": code or "–"} if found is not None else _("The channel failed.")


def problem_text(failure: Failure) -> str:
    """The words for a failure."""
    return text_of(f"{failure.reason} {failure.code}".strip())
