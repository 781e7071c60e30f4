"""QR codes: the address of a page on paper. The library is loaded when a code is made; few workers ever make one."""
from __future__ import annotations

import io


def picture(text: str, scale: int = 4) -> str:
    """The QR code of a text as a picture in the address itself (``data:image/svg+xml``), ``scale`` pixels a square."""
    import segno

    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=scale, border=2))


def png(text: str) -> bytes:
    """The QR code of a text as a PNG, for a document."""
    import segno

    made = io.BytesIO()
    segno.make(text, error="m", micro=False).save(made, kind="png", scale=8, border=2)
    return made.getvalue()
