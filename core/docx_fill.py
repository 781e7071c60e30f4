"""Word templates (.docx with Jinja tags) filled with values. docxtpl is loaded at first use only: extra ``docx``.

What people typed cannot become a tag, a field or markup: a template sees plain values only (text, numbers, lists, mappings), is
rendered in Jinja's sandbox with escaping on, and the text that comes out is not read for tags again.
"""
from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment, SecurityError

from . import qr_codes
from .errors import Problem
from .i18n import format_number
from .i18n import gettext as _

#: Characters that XML 1.0 cannot hold at all; a line end is kept, a tab becomes a blank.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PARAGRAPH = re.compile(r"<w:p([ >])")
_LINES = re.compile(r"<w:t(?: [^>]*)?>[^<]*\n[^<]*</w:t>")
"""A text with line ends; docxtpl's own search for them takes most of the time of a long ledger."""
_EXTERNAL = re.compile(r"<Relationship\b[^>]*TargetMode=[\"']External[\"'][^>]*>")
_FETCHING = re.compile(r"(?:w:instr=[\"']|<w:instrText[^>]*>)\s*"
                       r"(DDE\w*|INCLUDE\w*|LINK|IMPORT|EMBED|DATABASE|MACROBUTTON)\b", re.IGNORECASE)
_MAX_TEMPLATE = 5 * 1024 * 1024


@dataclass(frozen=True)
class Image:
    """A picture as a value of a form: PNG bytes and what it says to those who cannot see it."""

    png: bytes
    label: str

    @property
    def uri(self) -> str:
        """The picture as an address for a page."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


def qr(address: str, label: str) -> Image:
    """The QR code of an address, for forms on paper (error correction M: it may be creased)."""
    return Image(qr_codes.png(address), label)


def lines(text: Any) -> list[str]:
    """The lines of a text that are not empty; one empty line for an empty text, so that its paragraph stays."""
    return [line.strip() for line in str(text or "").splitlines() if line.strip()] or [""]


def plain(value: Any) -> Any:
    """A value of a form as templates of a county get it: text, numbers, truth, lists and mappings, nothing else.

    Characters that a Word file cannot hold are left out. A division becomes its name and code, anything unknown its text.
    """
    if value is None or isinstance(value, (bool, int, float, Image)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if hasattr(value, "code") and hasattr(value, "path"):
        return {"name": plain(value.name), "code": value.code}
    return _FORBIDDEN.sub("", str(value).replace("\r\n", "\n").replace("\t", " "))


def load() -> Any:
    """The module ``docxtpl``. Raises Problem 501 naming the extra where it is not installed."""
    try:
        import docxtpl
    except ImportError:
        raise Problem(_("Word files cannot be made here."), "docxtpl",
                      _("Print the page instead, or ask the administrator to install it: pip install 'grid321[docx]'."),
                      status=501, code="no_docx") from None
    return docxtpl


@lru_cache(maxsize=1)
def _filler() -> type:
    """docxtpl's class without its second reading of what came out, which would change ``{_{`` in what people typed.

    Of that reading only line ends are kept: they become line breaks.
    """
    docxtpl = load()

    class Filler(docxtpl.DocxTemplate):  # type: ignore[name-defined]
        """A template that is rendered once."""

        def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
            self.current_rendering_part = part
            source = _PARAGRAPH.sub(r"\n<w:p\1", src_xml)  # a paragraph on each line, so that an error tells which one it is
            try:
                made: str = jinja_env.from_string(source).render(context)
            except Exception as problem:
                problem.add_note(_near(problem, source))
                raise
            return _LINES.sub(_broken, made.replace("\n<w:p", "<w:p"))

    return Filler


def _near(problem: Exception, source: str) -> str:
    """The words of the paragraph in which a template went wrong; empty where that is not known."""
    line, step = getattr(problem, "lineno", None), problem.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == "<template>":
            line = step.tb_lineno
        step = step.tb_next
    paragraphs = source.split("\n")
    text = re.sub(r"<[^>]*>", "", paragraphs[line - 1]) if isinstance(line, int) and 0 < line <= len(paragraphs) else ""
    return _("in the paragraph “%(text)s”", text=text.strip()[:120]) if text.strip() else ""


def _broken(text: re.Match[str]) -> str:
    return text[0].replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')


class Walled(SandboxedEnvironment):
    """Jinja's sandbox without what could fill the memory: no calls at all, no multiplying, no formatting, few filters."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def is_safe_callable(self, obj: Any) -> bool:
        """False: a form needs no calls, and methods of texts can make endless ones."""
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers only. Raises ``SecurityError`` for texts, lists and powers."""
        if operator == "**" or not all(isinstance(one, (int, float)) and abs(one) < 10**12 for one in (left, right)):
            raise SecurityError(f"{operator} works with small numbers only")
        return super().call_binop(context, operator, left, right)


_FILTERS = ("abs", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "int", "items", "join", "last", "length",
            "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort",
            "string", "sum", "trim", "unique", "upper")


def _environment(filler: Any, strict: bool) -> SandboxedEnvironment:
    made = Walled(autoescape=True, undefined=StrictUndefined if strict else ChainableUndefined)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.filters.update(lines=lines, number=format_number, picture=lambda image, size: _inline(filler, image, size))
    return made


def _inline(filler: Any, image: Any, size: float) -> Any:
    if not isinstance(image, Image):
        return ""
    from docx.shared import Mm

    made = load().InlineImage(filler, io.BytesIO(image.png), width=Mm(size), height=Mm(size))
    made.anchor = None
    return made


def fill(template: bytes, values: Mapping[str, Any], *, strict: bool = False) -> bytes:
    """The .docx file that a template makes of values (`plain` is applied). ``strict``: an unknown name is an error.

    Raises Problem 500 naming what is wrong with the template, 501 without docxtpl.
    """
    guard(template)
    filler = _filler()(io.BytesIO(template))
    made = io.BytesIO()
    try:
        filler.render(plain(values), _environment(filler, strict), autoescape=False)
        filler.save(made)
    except Exception as problem:  # noqa: BLE001 - what a county's own file can do wrong has no end; the page stays
        notes = "; ".join(note for note in getattr(problem, "__notes__", ()) if note)
        raise Problem(_("The Word template of this form does not work."),
                      f"{notes} {type(problem).__name__}: {problem}".strip()[:450],
                      _("The administrator can check it with `grid321 form check`. Until then print the page."), status=500,
                      code="bad_template") from None
    return made.getvalue()


def names_in(template: bytes) -> set[str]:
    """The names of the values that a template uses. Raises Problem 500 for what is not a template, 501 without docxtpl."""
    fill(template, {})  # an unknown name is empty here, but a wrong tag is an error
    filler = _filler()(io.BytesIO(template))
    found: set[str] = filler.get_undeclared_template_variables(_environment(filler, False))
    return found


def _outside(archive: zipfile.ZipFile) -> str:
    """What a template would fetch or start when somebody opens the form: a linked template, picture or object, a field."""
    for name in archive.namelist():
        if not name.endswith((".rels", ".xml")):
            continue
        text = archive.read(name).decode("utf-8", "replace")
        if any("relationships/hyperlink" not in one for one in _EXTERNAL.findall(text)):  # a link waits for a click
            return name
        if field := _FETCHING.search(text):
            return f"{name}: {field[1]}"
    return ""


def guard(template: bytes) -> None:
    """Refuse what is no .docx file, is larger than 5 MB, carries macros or loads from elsewhere. Raises Problem 500."""
    text = ""
    if len(template) > _MAX_TEMPLATE:
        text = _("It is larger than 5 MB.")
    elif not zipfile.is_zipfile(io.BytesIO(template)):
        text = _("It is not a .docx file.")
    else:
        with zipfile.ZipFile(io.BytesIO(template)) as archive:
            names = archive.namelist()
            if "word/document.xml" not in names:
                text = _("It is not a .docx file.")
            elif any(name.lower().endswith((".bin", ".exe", ".dll")) for name in names):
                text = _("It carries macros or programs: save it as “Word document (.docx)”.")
            elif sum(item.file_size for item in archive.infolist()) > 20 * _MAX_TEMPLATE:
                text = _("It is larger than 5 MB.")
            elif outside := _outside(archive):
                text = _("It loads something from outside when it is opened (%(what)s): remove that.", what=outside)
    if text:
        raise Problem(_("The Word template of this form does not work."), text,
                      _("The administrator can check it with `grid321 form check`. Until then print the page."), status=500,
                      code="bad_template")
