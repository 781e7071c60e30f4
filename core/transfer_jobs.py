"""The background jobs of import and export."""
from __future__ import annotations

from . import export, transfer
from .entity import Job
from .i18n import lazy_gettext as _l

JOBS = (
    Job("core.import_check", _l("Check an import"), transfer.run_check),
    Job("core.import_apply", _l("Import a list"), transfer.run_apply),
    Job("core.import_undo", _l("Undo an import"), transfer.run_undo),
    Job("core.export", _l("Export a list"), export.run),
)
