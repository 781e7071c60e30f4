"""What Word and WPS want of a .docx file, and a county of its forms: whole, in the order of the schema, Chinese, nothing hidden.

The orders are those of ECMA-376, transitional, for the elements that forms use. Another element is a fault too: either it is a
slip of the pen, or its place has to be looked up and written down here.
"""
from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_BLOCKS = "p tbl"
_RUNS = "r hyperlink fldSimple bookmarkStart bookmarkEnd"
_MARGINS = "top left start bottom right end"
ORDERS: dict[str, str] = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
           "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
           "snapToGrid spacing ind contextualSpacing mirrorIndents jc textDirection textAlignment outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike color spacing w kern position sz szCs highlight u effect bdr shd "
           "fitText vertAlign lang eastAsianLayout",
    "sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType cols "
              "formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid",
    "tblPr": "tblStyle tblpPr tblOverlap tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd tblBorders shd "
             "tblLayout tblCellMar tblLook",
    "trPr": "cantSplit trHeight tblHeader jc",
    "tcPr": "tcW gridSpan vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
    "tbl": "tblPr tblGrid tr", "tr": "trPr tc", "tblGrid": "gridCol", "tblBorders": "top left bottom right insideH insideV",
    "pBdr": "top left bottom right between bar", "tblCellMar": _MARGINS, "tabs": "tab",
    "settings": "zoom evenAndOddHeaders characterSpacingControl compat themeFontLang", "compat": "compatSetting",
    "styles": "docDefaults latentStyles style", "docDefaults": "rPrDefault pPrDefault", "rPrDefault": "rPr", "pPrDefault": "pPr",
    "style": "name aliases basedOn next link uiPriority semiHidden unhideWhenUsed qFormat locked pPr rPr tblPr trPr tcPr",
    "fonts": "font", "font": "altName panose1 charset family notTrueType pitch sig", "document": "body",
}
"""The children of an element in the order of the schema. Rows of a table's head may be any of ``trPr``'s choices."""
FREE = {"body": f"{_BLOCKS} sectPr", "tc": f"tcPr {_BLOCKS}", "p": f"pPr {_RUNS}", "hdr": _BLOCKS, "ftr": _BLOCKS,
        "r": "rPr t br tab drawing noBreakHyphen", "fldSimple": "r", "hyperlink": "r"}
"""Children in any order."""
FIELDS = {"PAGE", "NUMPAGES"}
"""The fields that a form may hold; others reach for files, links or the computer's owner."""


def faults(content: bytes) -> list[str]:
    """What is wrong with a Word file that a form made, one sentence for each fault; empty when it is in order."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        damaged = archive.testzip()
        parts = {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()
                 if name.endswith((".xml", ".rels"))}
    except (zipfile.BadZipFile, ElementTree.ParseError) as problem:
        return [f"it cannot be read: {problem}"]
    names = set(archive.namelist())
    found = [f"{damaged} is damaged"] if damaged else []
    if missing := {"[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml"} - names:
        return [*found, f"{', '.join(sorted(missing))} is missing"]
    found += [*_types(parts["[Content_Types].xml"], names), *_metadata(parts)]
    for name, root in parts.items():
        if name.endswith(".rels"):
            found += _relations(name, root, names)
        elif name.startswith("word/"):
            found += (f"{name}: {fault}" for fault in (*_order(root), *_tables(root), *_fields(root), *_fonts(root)))
            known = parts.get(posixpath.join(posixpath.dirname(name), "_rels", posixpath.basename(name) + ".rels"))
            found += (f"{name}: {fault}" for fault in _references(root, known))
    return found


def _local(element: Element) -> str:
    return element.tag.removeprefix(W)


def _types(types: Element, names: set[str]) -> Iterator[str]:
    """Every part has a content type, every content type a part, and none is a program."""
    endings = {one.get("Extension", "").lower() for one in types.iter(f"{_TYPES}Default")}
    named = {one.get("PartName", "").lstrip("/") for one in types.iter(f"{_TYPES}Override")}
    yield from (f"{name} has no content type" for name in sorted(names - named - {"[Content_Types].xml"})
                if name.rpartition(".")[2].lower() not in endings)
    yield from (f"the content type of {name} has no part" for name in sorted(named - names))
    for one in types:
        if "macro" in one.get("ContentType", "").lower() or "vba" in one.get("ContentType", "").lower():
            yield f"{one.get('PartName') or one.get('Extension')} is a macro"


def _relations(name: str, root: Element, names: set[str]) -> Iterator[str]:
    """Relations lead to parts of the file and nowhere else, each by a name of its own."""
    base = posixpath.dirname(posixpath.dirname(name))
    ids = [one.get("Id") for one in root.iter(_RELATIONS)]
    if len(ids) != len(set(ids)):
        yield f"{name} names two relations alike"
    for one in root.iter(_RELATIONS):
        target = one.get("Target", "")
        if one.get("TargetMode") == "External":
            yield f"{name} leads out of the file: {target}"
        elif posixpath.normpath(posixpath.join(base, target)).lstrip("/") not in names:
            yield f"{name} leads to {target}, which is not there"


def _references(root: Element, relations: Element | None) -> Iterator[str]:
    known = {one.get("Id") for one in relations.iter(_RELATIONS)} if relations is not None else set()
    for element in root.iter():
        for key, value in element.attrib.items():
            if key.startswith(_R) and value not in known:
                yield f"{element.tag.rpartition('}')[2]} refers to {value!r}, which is no relation"


def _order(root: Element) -> Iterator[str]:
    """Children stand in the order of the schema, and none is unknown."""
    for element in root.iter():
        kind = _local(element)
        if kind not in ORDERS and kind not in FREE:
            continue
        children = [_local(child) for child in element]
        order = (ORDERS.get(kind) or FREE[kind]).split()
        if unknown := [child for child in children if child not in order]:
            yield f"{kind} holds {unknown[0]}"
        elif kind == "trPr" or kind in FREE:
            if f"{kind}Pr" in children[1:]:
                yield f"{kind}: {kind}Pr does not come first"
        elif [order.index(child) for child in children] != sorted(order.index(child) for child in children):
            yield f"{kind}: {' '.join(children)} is not the order of the schema"
        if kind == "body" and (not children or children[-1] != "sectPr" or children.count("sectPr") != 1):
            yield "the section does not stand at the end of the body"


def _tables(root: Element) -> Iterator[str]:
    """Rows are as wide as their table, cells end with a paragraph, rows that repeat stand at the top."""
    for table in root.iter(f"{W}tbl"):
        columns, rows = len(table.findall(f"{W}tblGrid/{W}gridCol")), table.findall(f"{W}tr")
        heads = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows]
        if heads != sorted(heads, reverse=True):
            yield "a row that repeats on each page stands below another one"
        for row in rows:
            spans = [cell.find(f"{W}tcPr/{W}gridSpan") for cell in row.findall(f"{W}tc")]
            if sum(int(one.get(f"{W}val", 1)) if one is not None else 1 for one in spans) != columns:
                yield f"a row is not {columns} columns wide"
        if not rows:
            yield "a table has no row"
    for cell in root.iter(f"{W}tc"):
        if not len(cell) or _local(cell[-1]) != "p":
            yield "a cell does not end with a paragraph"


def _fields(root: Element) -> Iterator[str]:
    for element in root.iter():
        code = element.get(f"{W}instr") or (element.text if element.tag == f"{W}instrText" else None)
        if code and code.split()[0].upper() not in FIELDS:
            yield f"the field {code.split()[0]} is none that a form needs"


def _fonts(root: Element) -> Iterator[str]:
    """Fonts are named for Chinese characters too, and the language is Chinese."""
    for element in root.iter(f"{W}rFonts"):
        if element.get(f"{W}eastAsia") is None and element.get(f"{W}hint") != "eastAsia":
            yield "a font is not named for Chinese characters"
    default = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
    if root.tag == f"{W}styles" and (default is None or default.find(f"{W}rFonts") is None):
        yield "no font is set for all text"
    if default is not None:
        language = default.find(f"{W}lang")
        if language is None or language.get(f"{W}eastAsia") != "zh-CN":
            yield "the language is not zh-CN"


def _metadata(parts: dict[str, Element]) -> Iterator[str]:
    """Nobody's name, company or computer stands in the properties of the file."""
    allowed = {"title", "language", "created", "modified", "revision"}
    for name, root in parts.items():
        if name.startswith("docProps/"):
            yield from (f"{name} says {one.tag.rpartition('}')[2]}: {one.text.strip()}" for one in root.iter()
                        if one.text and one.text.strip() and one.tag.rpartition("}")[2] not in allowed)
