"""One-time codes (RFC 6238: six digits, thirty seconds) as a second factor."""
from __future__ import annotations

from datetime import datetime

import pyotp

from . import audit, crypto, qr_codes
from .accounts import Account, require_manager
from .actor import Actor
from .db import now, transaction
from .errors import Invalid
from .i18n import gettext as _

STEP = 30
ISSUER = "grid321"
_EPOCH = datetime(1970, 1, 1)


def new_secret() -> str:
    """A fresh secret, base32."""
    return pyotp.random_base32()


def picture(secret: str, username: str) -> str:
    """The QR code that an authenticator app reads, as a data URI of an SVG picture."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)
    return qr_codes.picture(uri, scale=5)


def matching_step(secret: str, code: str) -> int | None:
    """The time step whose code this is (now, or half a minute before or after), or None."""
    code = code.replace(" ", "")
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return None
    present = int((now() - _EPOCH).total_seconds()) // STEP
    generator = pyotp.TOTP(secret)
    found = None
    for step in (present - 1, present, present + 1):  # all three are computed: the time must not tell which matched
        if crypto.same(generator.generate_otp(step), code):
            found = step
    return found


def spend(account_id: int, code: str) -> bool:
    """Use up a code of the account; False when it is wrong or was used before. One winner, also between two workers."""
    account = Account.get_or_none((Account.id == account_id) & (Account.disabled == False))  # noqa: E712
    if account is None or account.totp_secret is None:
        return False
    secret = crypto.open_sealed(account.totp_secret, "core_account", "totp_secret", account.uid)
    step = matching_step(secret, code)
    if step is None:
        return False
    with transaction():
        fresh = Account.totp_step.is_null() | (Account.totp_step < step)
        return bool(Account.update(totp_step=step).where((Account.id == account_id) & fresh).execute())


def enrol(account: Account, secret: str, code: str, actor: Actor) -> None:
    """Switch one-time codes on once the app shows a right ``code`` for ``secret``. Raises ``Invalid``."""
    step = matching_step(secret, code)
    if step is None:
        message = _("This code does not match. Is the clock of your phone right?")
        raise Invalid(_("One-time codes were not switched on"), message, errors={"code": [message]})
    sealed = crypto.seal(secret, "core_account", "totp_secret", account.uid)
    with transaction():
        Account.update(totp_secret=sealed, totp_step=step, version=Account.version + 1, updated_at=now()).where(
            Account.id == account.id).execute()
        audit.event("totp_enrolled", actor, {"account": account.id}, division_id=account.division_id)


def remove(account: Account, actor: Actor) -> None:
    """Switch one-time codes off: the owner on his page, or an administrator when the phone is lost (``Forbidden``)."""
    if actor.account_id != account.id:
        require_manager(actor, account)
    with transaction():
        Account.update(totp_secret=None, totp_step=None, version=Account.version + 1, updated_at=now()).where(
            Account.id == account.id).execute()
        audit.event("totp_removed", actor, {"account": account.id}, division_id=account.division_id)
