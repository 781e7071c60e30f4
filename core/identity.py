"""Chinese identity numbers and telephone numbers: the one place that knows their rules.

Nothing here touches the database; `core/fields.py` and `core/people.py` both call it.
"""
import datetime
import re

#: Weights and check characters of GB 11643-1999 (ISO 7064:1983, MOD 11-2).
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

_ID_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{2,3}[0-9]{7,8}")
_PHONE_FILLERS = str.maketrans("", "", " -")


def id_number(text: str) -> str:
    """Return the 18-character identity number in `text`, upper case and without spaces.

    Checks form, birthday and check character (GB 11643-1999); the region digits are not compared with
    today's divisions, because numbers outlive the counties that issued them.
    Raises ValueError with one of the words `shape`, `birthday`, `checksum`.
    """
    number = text.replace(" ", "").upper()
    if not _ID_SHAPE.fullmatch(number):
        raise ValueError("shape")
    try:
        birthday = datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValueError("birthday") from None
    if not 1850 <= birthday.year <= 2200:
        raise ValueError("birthday")
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    if number[17] != _CHECKS[total % 11]:
        raise ValueError("checksum")
    return number


def phone(text: str) -> str:
    """Return the telephone number in `text` as digits only: a mobile, or a landline with its area code.

    Spaces, hyphens and a leading +86 are dropped. Raises ValueError("shape") for anything else.
    """
    number = text.strip()
    if number.startswith("+86"):
        number = number[3:]
    number = number.translate(_PHONE_FILLERS)
    if not (_MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number)):
        raise ValueError("shape")
    return number
