"""A table as a workbook to download: for pages of figures, which are no list of records and need no export of their own."""
from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from flask import Response, send_file

from . import xlsx

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(name: str, title: str, heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[xlsx.Cell]],
             notes: tuple[str, Sequence[tuple[str, str]]] | None = None) -> Response:
    """The answer with a workbook: one sheet of ``rows`` under ``heads`` (label, kind: text, int, number or day).

    ``name`` is that of the file without ending, ``notes`` a second sheet of two columns: its title and its lines. Every text is
    neutralised, so that nothing in it is a formula. No personal data may stand in it: those go through the export of records,
    which asks for the purpose and is logged.
    """
    target = io.BytesIO()
    writer = xlsx.Writer(target, [xlsx.Column(str(place), label, kind) for place, (label, kind) in enumerate(heads)], title,
                         keys=False)
    for row in rows:
        writer.row(row)
    if notes is not None:
        writer.notes(*notes)
    writer.close()
    target.seek(0)
    clean = "".join(c if c.isprintable() and c not in '\\/:*?"<>|' else "_" for c in name)[:120]
    found = send_file(target, mimetype=MEDIA_TYPE, as_attachment=True, download_name=f"{clean}.xlsx", max_age=0)
    found.headers["X-Content-Type-Options"] = "nosniff"
    found.headers["Cache-Control"] = "private, no-store"
    return found
