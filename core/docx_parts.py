"""The fixed parts of a .docx package: content types, styles, fonts, settings. WordprocessingML as text, ISO/IEC 29500-1.

Sizes in half points (``sz``), lengths in twentieths of a point. Fonts are those that offices in China have: 仿宋_GB2312 for
text, 方正小标宋简体 for titles, 黑体 for headings. Where one is not installed, ``altName`` names the next best.
"""
from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

from .sheet import Page

TEXT, TITLE, HEADING, SONG, LATIN = "仿宋_GB2312", "方正小标宋简体", "黑体", "宋体", "Times New Roman"
RED = "FF0000"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
WORD = ('xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"')
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_ALTERNATIVES = {TEXT: ("仿宋", "02010609030101010101"), TITLE: ("华文中宋", "02010601030101010101"),
                 HEADING: ("SimHei", "02010609060101010101"), SONG: ("SimSun", "02010600030101010101")}


def twips(millimetres: float) -> int:
    """A length in twentieths of a point."""
    return round(millimetres * 1440 / 25.4)


def fonts(asian: str, latin: str = LATIN) -> str:
    """The font of a style: Chinese characters in one, Latin letters and digits in another."""
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:cs="{latin}" w:eastAsia="{asian}"/>'


def _style(key: str, name: str, paragraph: str = "", run: str = "", default: bool = False) -> str:
    marked = ' w:default="1"' if default else ""
    based = "" if default else '<w:basedOn w:val="Normal"/>'
    return (f'<w:style w:type="paragraph"{marked} w:styleId="{key}"><w:name w:val="{name}"/>{based}<w:qFormat/>'
            f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>")


def styles(page: Page) -> str:
    """The styles of a sheet. A county that edits a template changes these and not each paragraph."""
    letter = page.official
    def sized(half_points: int) -> int:
        return round(half_points * page.zoom)

    size, small = (32, 28) if letter else (sized(24), sized(18))  # 三号 and 四号 in letters, 小四 and 小五 in forms
    table = sized(24 if page.width <= page.height else 21)  # 五号 in ledgers
    # No extra room between digits and characters: a day fits its column, and the characters of a letter their grid.
    close = '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
    if letter:
        close = '<w:widowControl w:val="0"/>' + close  # 22 lines on every page, also where a paragraph ends with one line
    exact = (round(page.pitch * 20), "exact") if page.pitch else (288, "auto")
    pitch = f'{close}<w:spacing w:before="0" w:after="0" w:line="{exact[0]}" w:lineRule="{exact[1]}"/>'
    tight = '<w:spacing w:before="0" w:after="0" w:line="264" w:lineRule="auto"/>'
    loose = '<w:spacing w:before="160" w:after="80"/>'
    drawn = f'<w:ind w:firstLineChars="200" w:firstLine="{size * 20}"/>'  # two characters of this size
    # The title of a letter stands two lines below what is above it, and one line above whom the letter speaks to.
    above, below = (2 * exact[0], exact[0]) if letter else (0, 160)
    title = (f'<w:keepNext/><w:snapToGrid w:val="0"/><w:spacing w:before="{above}" w:after="{below}" w:line="{sized(640)}" '
             'w:lineRule="exact"/><w:jc w:val="center"/>')
    # 28 characters of 16 pt in a line of 156 mm, as GB/T 9704 has it: each a quarter of a point narrower than its size (rounded
    # down, or the 28th would not fit). A grid of characters would say the same, but LibreOffice and WPS read it otherwise.
    narrow = f'<w:spacing w:val="{math.floor((page.inside / 25.4 * 72 / 28 - 16) * 20)}"/>' if letter else ""
    made = (
        _style("Normal", "Normal", f"{pitch}<w:jc w:val=\"both\"/>", f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>', True),
        _style("Title", "Title", title, f'{fonts(TITLE)}<w:sz w:val="{sized(44)}"/><w:szCs w:val="{sized(44)}"/>'),
        _style("Heading1", "heading 1", f'<w:keepNext/>{loose}<w:outlineLvl w:val="0"/>', fonts(HEADING)),
        _style("LetterTo", "Letter to", '<w:jc w:val="left"/>', narrow),
        _style("LetterBody", "Letter body", drawn, narrow),
        _style("LetterAside", "Letter aside", '<w:ind w:leftChars="200" w:left="640"/><w:jc w:val="left"/>', narrow),
        _style("FormLine", "Form line", '<w:keepNext/><w:spacing w:before="0" w:after="60"/><w:jc w:val="left"/>',
               f'<w:sz w:val="{32 if letter else sized(21)}"/>'),
        _style("TableText", "Table text", f'{tight}<w:jc w:val="left"/>', f'<w:sz w:val="{table}"/><w:szCs w:val="{table}"/>'),
        _style("TableHead", "Table head", f'{tight}<w:jc w:val="center"/>', f'<w:sz w:val="{table}"/><w:szCs w:val="{table}"/>'),
        _style("Note", "Note", '<w:spacing w:before="80" w:after="0" w:line="240" w:lineRule="auto"/><w:jc w:val="left"/>',
               f'<w:sz w:val="{small}"/><w:szCs w:val="{small}"/>'),
        _style("Sign", "Sign", '<w:spacing w:before="360" w:after="60"/><w:jc w:val="right"/>'),
        _style("Letterhead", "Letterhead", '<w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/>'
               '<w:jc w:val="center"/>', f'{fonts(TITLE)}<w:color w:val="{RED}"/><w:sz w:val="72"/>'),
        _style("Footer", "footer", '<w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/><w:jc w:val="center"/>',
               f'{fonts(SONG, SONG if letter else LATIN)}<w:sz w:val="{28 if letter else 18}"/>'))
    return (f'{DECLARATION}<w:styles {WORD}><w:docDefaults><w:rPrDefault><w:rPr>{fonts(TEXT)}'
            '<w:sz w:val="24"/><w:szCs w:val="24"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>'
            f'<w:pPrDefault><w:pPr/></w:pPrDefault></w:docDefaults>{"".join(made)}</w:styles>')


def _font_table() -> str:
    chinese = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:panose1 w:val="{panose}"/><w:charset w:val="86"/>'
        '<w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>' for name, (other, panose) in _ALTERNATIVES.items())
    latin = (f'<w:font w:name="{LATIN}"><w:panose1 w:val="02020603050405020304"/><w:charset w:val="00"/>'
             '<w:family w:val="roman"/><w:pitch w:val="variable"/></w:font>')
    return f"{DECLARATION}<w:fonts {WORD}>{chinese}{latin}</w:fonts>"


def _settings(page: Page) -> str:
    sides = "<w:evenAndOddHeaders/>" if page.official else ""
    return (f'{DECLARATION}<w:settings {WORD}>{sides}<w:characterSpacingControl w:val="compressPunctuation"/>'
            '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" '
            'w:val="15"/></w:compat><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>')


def _properties(title: str) -> str:
    return (f'{DECLARATION}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>'
            f"{escape(title)}</dc:title><dc:creator></dc:creator><dc:language>zh-CN</dc:language></cp:coreProperties>")


def package(body: str, page: Page, title: str, edges: Mapping[str, str]) -> bytes:
    """The .docx file of a body. ``edges``: headers and footers by the name of their part (``header1``, ``footer2`` …)."""
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    parts = {"document": f"{DECLARATION}<w:document {WORD}><w:body>{body}</w:body></w:document>", "styles": styles(page),
             "settings": _settings(page), "fontTable": _font_table()}
    for name, inner in edges.items():
        tag = "hdr" if name.startswith("header") else "ftr"
        parts[name] = f"{DECLARATION}<w:{tag} {WORD}>{inner}</w:{tag}>"
    kinds = {name: name.rstrip("0123456789") for name in parts}
    types = "".join(f'<Override PartName="/word/{name}.xml" ContentType="{word}.{"document.main" if name == "document" else kind}'
                    '+xml"/>' for name, kind in kinds.items())
    relations = "".join(f'<Relationship Id="{name}" Type="{_OFFICE}/{kinds[name]}" Target="{name}.xml"/>'
                        for name in parts if name != "document")
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.'
        'openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="png" ContentType="image/png"/>'
        f'{types}<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties'
        '+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="document" Type="{_OFFICE}/'
        f'officeDocument" Target="word/document.xml"/><Relationship Id="properties" Type="{_PACKAGE}/relationships/metadata/'
        'core-properties" Target="docProps/core.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        "docProps/core.xml": _properties(title), **{f"word/{name}.xml": text for name, text in parts.items()}}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text if text.startswith("<?") else DECLARATION + text,
                             zipfile.ZIP_DEFLATED)
    return made.getvalue()
