"""Reading a .docx file back as people see it: its text by paragraph and cell, its fonts, its paper. Without the writer's code."""
import io
import re
import zipfile
from xml.etree import ElementTree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Docx:
    """A Word file that was made: ``text`` of all paragraphs, ``tables`` as rows of cell texts, ``part(name)`` as XML."""

    def __init__(self, content: bytes) -> None:
        self.archive = zipfile.ZipFile(io.BytesIO(content))
        assert self.archive.testzip() is None
        self.body = self.part("word/document.xml").find(f"{W}body")
        for name in self.archive.namelist():
            if name.endswith((".xml", ".rels")):
                self.part(name)  # every part is well-formed

    def part(self, name):
        return ElementTree.fromstring(self.archive.read(name))

    def raw(self, name):
        return self.archive.read(name).decode()

    @staticmethod
    def text_of(element):
        """The text of a piece: a line break counts as a line end, a tab as a tab."""
        found = ""
        for one in element.iter():
            if one.tag == f"{W}t":
                found += one.text or ""
            elif one.tag == f"{W}br":
                found += "\n"
            elif one.tag == f"{W}tab" and f"{W}val" not in one.attrib:  # not a tab stop
                found += "\t"
        return found

    @property
    def paragraphs(self):
        return [self.text_of(one) for one in self.body.iter(f"{W}p")]

    @property
    def text(self):
        return "\n".join(self.paragraphs)

    @property
    def tables(self):
        return [[["\n".join(self.text_of(p) for p in cell.findall(f"{W}p")).rstrip("\n") for cell in row.findall(f"{W}tc")]
                 for row in table.findall(f"{W}tr")] for table in self.body.iter(f"{W}tbl")]

    @property
    def head(self):
        """The text of every header: the letterhead."""
        return "".join(self.text_of(self.part(name)) for name in self.archive.namelist() if re.match(r"word/header\d", name))

    @property
    def section(self):
        return self.body.find(f"{W}sectPr")

    def margins(self):
        """Paper and margins in whole millimetres: width, height, top, right, bottom, left."""
        size, margin = self.section.find(f"{W}pgSz"), self.section.find(f"{W}pgMar")
        sides = [margin.get(f"{W}{side}") for side in ("top", "right", "bottom", "left")]
        values = [size.get(f"{W}w"), size.get(f"{W}h"), *sides]
        return [round(int(value) * 25.4 / 1440) for value in values]

    def style(self, key):
        """(font of Chinese text, size in points) of a style."""
        found = next(one for one in self.part("word/styles.xml").iter(f"{W}style") if one.get(f"{W}styleId") == key)
        font, size = found.find(f"{W}rPr/{W}rFonts"), found.find(f"{W}rPr/{W}sz")
        default = self.part("word/styles.xml").find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}rFonts")
        points = int(size.get(f"{W}val")) / 2 if size is not None else None
        return (font if font is not None else default).get(f"{W}eastAsia"), points

    def check(self):
        """What Word refuses to open: a cell that does not end with a paragraph, a row of another width than its table."""
        for cell in self.body.iter(f"{W}tc"):
            assert len(cell) and cell[-1].tag == f"{W}p", ElementTree.tostring(cell)[:300]
        for table in self.body.iter(f"{W}tbl"):
            columns = len(table.find(f"{W}tblGrid"))
            for row in table.findall(f"{W}tr"):
                spans = [cell.find(f"{W}tcPr/{W}gridSpan") for cell in row.findall(f"{W}tc")]
                assert sum(int(one.get(f"{W}val")) if one is not None else 1 for one in spans) == columns
        assert "{{" not in self.raw("word/styles.xml")
        return self
