"""How a reply is compared with what was asked and with other replies: plain rules over pairs of signs, without any model.

A Chinese text is compared by the pairs of neighbouring signs that stand in it, a Latin one by its words. What every letter has
(salutation, quoted title, numbers, set phrases of replies) is left out first, because it says nothing about the matter.
"""
from __future__ import annotations

import hashlib
import re
import unicodedata

from grid321.core.api import duplicates

_QUOTED = re.compile(r"《[^《》]{0,200}》|“[^“”]{0,200}”|〔\d{4}〕")
_OPENING = re.compile(r"^[^\n。！？]{0,60}(?:代表|先生|女士|同志|委员)[：:，,]")
_RUN = re.compile(r"[a-z]+|[^\W\d_a-z]+")
_WORD = 3

EMPTY_SIGNS = frozenset(
    "的了是在和与及对为等我们您你他她它这那其此也都就还将已并或而"
    "所之以于从向到被把给让使由因但如若则又再更最很不无没有要会能可个项件些各该本")
"""Signs that carry grammar: a pair with one of them is no term."""

SET_PHRASES = (
    "非常感谢 进一步 下一步 联系人 建议 代表 提出 收悉 答复 如下 现将 办理 情况 感谢 关心 支持 "
    "工作 高度 重视 认真 研究 有关 相关 问题 加强 积极 落实 欢迎 继续 监督 意见 群众 "
    "部门 单位 人民 政府 我局 我镇 我县 我区 根据 要求 加大 力度 确保 推进 推动 完善 "
    "切实 做好 开展 组织 具体 措施 目前 今后 同时 通过 按照 结合 实际 尽快 解决 协调 "
    "满意 理解 宝贵 承办 回复 来信 反映 希望 请求 请问 十分 非常 领导 附件 联系 电话 "
    "特此 函复 此复 签发 日期")
"""Phrases of every request and every reply, longest first; a working list that grows by experience."""

_PHRASES = re.compile("|".join(SET_PHRASES.split()))
FEW = 8
"""Fewer terms than this are too few to tell what a request is about."""

BANDS = 4
_ROWS = 2
_SEEDS = tuple(f"{number}:".encode() for number in range(BANDS * _ROWS))


def core_of(text: str) -> str:
    """A letter without what says nothing about the matter: quoted titles, salutation, numbers; width and case made equal."""
    plain = _QUOTED.sub(" ", unicodedata.normalize("NFKC", text).replace("\r", ""))
    plain = _OPENING.sub(" ", plain.lstrip())
    return re.sub(r"\d+", " ", plain).casefold()


def terms(text: str) -> frozenset[str]:
    """The terms of a text: pairs of neighbouring Chinese signs and Latin words of three letters or more, without empty ones."""
    found: set[str] = set()
    for run in _RUN.findall(_PHRASES.sub(" ", core_of(text))):
        if run.isascii():
            if len(run) >= _WORD:
                found.add(run)
            continue
        neighbours = (run[at:at + 2] for at in range(len(run) - 1))
        found.update(pair for pair in neighbours if EMPTY_SIGNS.isdisjoint(pair))
    return frozenset(found)


def shared(request: str, reply: str) -> int:
    """How many terms of the request stand in the reply."""
    return len(terms(request) & terms(reply))


def talks_past(request: str, reply: str, least: int) -> int | None:
    """The number of shared terms when it is below ``least``, else None: the reply is about the request, or too little to tell.

    A request with few terms is not judged: who asks in five words may be answered in five others.
    """
    asked = terms(request)
    if len(asked) < max(FEW, 2 * least) or not core_of(reply).strip():
        return None
    found = len(asked & terms(reply))
    return found if found < least else None


def pairs(text: str) -> frozenset[str]:
    """All pairs of a reply's core, by which replies are compared."""
    return duplicates.grams(core_of(text))


def percent_alike(one: frozenset[str], other: frozenset[str]) -> int:
    """How alike two sets of pairs are, in whole per cent, cut: 100 only for equal ones."""
    if one == other:
        return 100 if one else 0
    return min(99, int(100 * duplicates.alike(one, other)))


def bands(found: frozenset[str]) -> tuple[int, int, int, int]:
    """Four numbers of which two alike sets share at least one (MinHash, two values a band).

    Sets that share nine tenths of their pairs meet with a probability of 0.99, equal ones always; who meets is compared exactly.
    """
    if not found:
        return (0, 0, 0, 0)
    least = [min(_hashed(seed, pair) for pair in found) for seed in _SEEDS]
    made = [least[at * _ROWS:(at + 1) * _ROWS] for at in range(BANDS)]
    one, two, three, four = (int.from_bytes(hashlib.blake2b(repr(band).encode(), digest_size=7).digest(), "big") for band in made)
    return one, two, three, four


def _hashed(seed: bytes, pair: str) -> int:
    return int.from_bytes(hashlib.blake2b(seed + pair.encode(), digest_size=8).digest(), "big")
