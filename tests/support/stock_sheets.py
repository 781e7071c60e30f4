"""Workbooks of things of the test plugin ``stock``."""
import io

from grid321.core import xlsx

HEAD = ["code", "name", "kind", "division", "amount", "bought", "sound", "note", "phone"]


def workbook(rows, head=HEAD, kinds=None):
    """Return an xlsx with the keys in the first row, cells by their Python type, text cells formatted as text."""
    target = io.BytesIO()
    columns = [xlsx.Column(key, key, (kinds or {}).get(key, "text")) for key in head]
    writer = xlsx.Writer(target, columns, "Sheet", keys=False)
    for row in rows:
        writer.row(row)
    writer.close()
    return target.getvalue()


def row(code, name="Spade", kind="tool", division="610902104200", amount=1, **more):
    return [code, name, kind, division, amount, more.get("bought"), more.get("sound"), more.get("note"), more.get("phone")]
