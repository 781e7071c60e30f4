"""Plugins with one defect each: the plugin that ``grid321 new plugin`` writes, with one piece of text changed."""

import importlib.util
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from grid321.core.commands.new import compiled, render

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Defect:
    """Change ``old`` to ``new`` in ``file`` of the package; ``check`` must then say something that contains ``says``."""

    check: str
    says: str
    file: str
    old: str
    new: str


DEFECTS = {
    "a_role_without_the_prefix": Defect(
        "declarations.check_manifest", "role 'viewer' must begin with", "__init__.py", 'Role("$name.viewer"', 'Role("viewer"'),
    "a_table_of_another_owner": Defect(
        "declarations.check_manifest", "table 'core_matter' must begin with", "models.py", '"$name_matter"', '"core_matter"'),
    "a_manifest_for_another_api": Defect(
        "declarations.check_manifest", "it was written for API", "__init__.py", 'api=">=1.0,<2"', 'api=">=7.0,<8"'),
    "a_long_init": Defect(
        "declarations.check_manifest_is_short", "lines of code", "__init__.py", "\n@hookimpl\ndef grid321_entities",
        "\nNOTHING = [\n" + "    0,\n" * 60 + "]\n\n\n@hookimpl\ndef grid321_entities"),
    "a_misspelt_hook": Defect(
        "declarations.check_hooks", "there is no hook 'grid321_workflow'", "__init__.py", "def grid321_workflows",
        "def grid321_workflow"),
    "a_forgotten_mark": Defect(
        "declarations.check_hooks", "grid321_workflows is not marked", "__init__.py", "@hookimpl\ndef grid321_workflows",
        "def grid321_workflows"),
    "an_import_past_the_door": Defect(
        "declarations.check_imports", "the only door is grid321.core.api", "models.py",
        "from grid321.core.api import Case, case_indexes",
        "from grid321.core.db import Case, case_indexes"),
    "an_import_of_another_plugin": Defect(
        "declarations.check_imports", "plugins do not import each other", "models.py", "from grid321.core.api",
        "import grid321.plugins.grid\nfrom grid321.core.api"),
    "a_plain_label": Defect(
        "declarations.check_words", "state open of", "workflow.py", 'State("open", _("Open")', 'State("open", "Open"'),
    "an_untranslated_label": Defect(
        "declarations.check_words", "has no Chinese translation", "workflow.py", '_("Dropped")', '_("Thrown away")'),
    "an_untranslated_message": Defect(
        "words.check_marked", "'Not on a Monday' has no Chinese translation", "workflow.py", "HANDLING = Workflow(",
        "REFUSED = _('Not on a Monday')\n\nHANDLING = Workflow("),
    "a_step_for_nobody": Defect(
        "declarations.check_steps", "no role of the plugin has the permission", "workflow.py",
        'permission="$name.handle", asks=(Result,)', 'permission="$name.handel", asks=(Result,)'),
    "a_column_without_migration": Defect(
        "storage.check_migrations", "models and schema differ", "models.py", '    heard_on = DateField(null=True)',
        '    heard_on = DateField(null=True)\n    place = CharField(max_length=80, default="")'),
    "a_migration_without_a_way_back": Defect(
        "storage.check_migrations", "still there after all migrations went down", "migrations/0001_initial.py",
        'migrator.migrate(migrator.drop_table("$name_matter"))', "pass"),
    "a_foreign_key_into_the_core": Defect(
        "storage.check_no_foreign_tables", "foreign key to 'core_division'", "migrations/0001_initial.py",
        "    db.create_tables([Matter])",
        '    db.create_tables([Matter])\n    db.execute_sql("CREATE TABLE $name_more (id INTEGER PRIMARY KEY, '
        'division_id BIGINT REFERENCES core_division (id))")'),
    "a_cell_that_is_not_read_back": Defect(
        "transfers.check_round_trip", "is 'changed', not the same", "schemas.py", "class MatterSchema(EntitySchema):",
        "class Loud(Text):\n    def to_cell(self, value, record=None):\n        return f'{value}!'\n\n\n"
        "class MatterSchema(EntitySchema):\n    title = Loud(_('Title'), required=True, max=80)\n"),
    "a_field_that_cannot_be_shown": Defect(
        "faces.check_faces", "answers 500", "schemas.py", "class MatterSchema(EntitySchema):",
        "class Broken(Text):\n    def display(self, value, record=None):\n        raise RuntimeError('no')\n\n\n"
        "class MatterSchema(EntitySchema):\n    title = Broken(_('Title'), required=True, max=80)\n"),
    "a_guard_that_always_refuses": Defect(
        "flows.check_reachable", "no case reached the state 'done'", "workflow.py", "asks=(Result,),",
        "asks=(Result,), guard=lambda case, data, actor: __import__('grid321.core.api').core.api.Refusal('No.'),"),
    "a_guard_that_breaks": Defect(
        "flows.check_reachable", "'finish' was never possible", "workflow.py", "asks=(Result,),",
        "asks=(Result,), guard=lambda case, data, actor: case.no_such_column,"),
}


def make(folder: Path, defect: Defect | None = None) -> ModuleType:
    """Write a plugin of a new name below ``folder``, with one defect or none, and import it. Raises if nothing changed."""
    name = f"bad{next(_numbers)}"
    package = folder / f"grid321_{name}"
    for path, content in render(name).items():
        if path.startswith(package.name):
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    if defect is not None:
        _spoil(package, defect, name)
    spec = importlib.util.spec_from_file_location(package.name, package / "__init__.py",
                                                  submodule_search_locations=[str(package)])
    module = importlib.util.module_from_spec(spec)
    sys.modules[package.name] = module
    spec.loader.exec_module(module)
    return module


def _spoil(package: Path, defect: Defect, name: str) -> None:
    file = package / defect.file
    text = file.read_text(encoding="utf-8")
    old, new = (piece.replace("$name", name) for piece in (defect.old, defect.new))
    if old not in text:
        raise LookupError(f"{defect.file} has no {old!r}: the scaffold changed, the defect did not")
    if defect.file == "schemas.py" and "title = " in new:
        text = text.replace('    title = Text(_("Title"), required=True, max=80)\n', "")
    file.write_text(text.replace(old, new), encoding="utf-8")
    for words in package.rglob("*.po"):
        words.with_suffix(".mo").write_bytes(compiled(words.read_text(encoding="utf-8")))
