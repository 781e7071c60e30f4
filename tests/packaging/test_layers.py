"""The layers: dependencies point downward, plugins use one door, modules stay small."""

import ast
import graphlib

import pytest

from .project import imports, modules

pytestmark = pytest.mark.once

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_A_MANIFEST = 60

# From the ground up. A module imports modules of its own layer and of those below; what a function imports when it is called
# may also reach one layer up (the registry knows the tree, the tree's rows are written by its services), never the faces.
LAYERS = {
    "declarations": "entity clock_rules workflow hooks errors identity sheet",
    "ground": """
        db db_engines i18n version_content flow_extensions logs crypto config xlsx calendar passwords limits preset_files
        allowlist idempotency gunicorn_hooks outgoing notify_times bulk chain chain_file search_text
        docx_parts sheet_html sheet_docx plain_rows qr_codes""",
    "stores": """
        tree divisions people settings switches snapshot registry registry_checks plugins dispatch models ledger
        counters outbox notify notify_texts notify_preferences notify_rows notify_planning notify_messages
        notify_deliveries channel_setup channels mail_read jobs job_runs queue queue_huey workers roles field_base fields
        field_geo field_refs schemas references migrate actor sessions audit transfer_tables faces cursors clock
        clock_explain clock_plans clock_rows clock_sweep month_rows routing statistics templating themes assets
        versions calendar_rows clock_settings redating division_records division_files division_counts""",
    "services": """
        beside scope search preset_choice calendar_edit calendar_sheet meetings meeting_records meeting_decisions meeting_panels
        months month_books month_check month_bulletin month_jobs banks accounts access tokens totp engine groups group_checks
        links duplicates intakes letters reply_templates conversions records attachments lists filters export transfer
        transfer_check transfer_jobs transfer_read transfer_report transfer_sheet division_changes division_import verification
        recipients history desks search_find saved_views sending notices documents extensions panels people_entities
        theme_check worker worker_huey class_items forms division_forms clock_notices clock_extensions statistics_view
        docx_fill menu version_publishing version_checks version_words version_moves three_levels
        three_level_forms lookup signed_links plugin_api json_bodies
        unit_accounts people_find personal_marks records_many workbooks""",
    "door": "api",
    "faces": """
        preset_pages calendar_pages calendar_api redating_pages case_panels case_pages conversion_pages rest_cases
        next_steps openapi_cases gate auth pages search_pages ledger_pages error_pages views view_records view_files view_steps
        clock_panel clock_pages rest rest_clocks rest_files openapi openapi_parts openapi_months face_pages me_pages
        notify_pages channel_pages message_pages notify_api openapi_messages account_pages audit_pages version_pages
        admin_pages division_pages statistics_pages transfer_pages transfer_api job_pages job_api job_house
        openapi_jobs openapi_workflows openapi_plugins meeting_pages meeting_api bank_pages month_pages month_api
        document_pages document_api core_documents""",
    "application": """
        app url_rules core_plugin testing testing_apps testing_browser testing_databases testing_stages testing_tree""",
    "commands": "cli commands conformance demo",
}
RANKS = {name: rank for rank, names in enumerate(LAYERS.values()) for name in names.split()}
FACES = list(LAYERS).index("faces")


def unit(name: str) -> str:
    """Return the part of a core module's name that the table knows: grid321.core.commands.new -> commands."""
    return name.split(".")[2] if name.count(".") >= 2 else "core"


def rank(name: str) -> int:
    """Return the layer of a module; one that has none yet counts as a face."""
    return RANKS.get(unit(name), FACES)


def top_level(path) -> set[int]:
    """Return the line numbers of imports that run when the module is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {id(child) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
              for child in ast.walk(node)}
    return {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in inside}


def core_modules() -> dict:
    """Return the modules of the core by name, without the package itself."""
    return {name: path for name, path in modules().items() if name.startswith("grid321.core.")}


def inner_imports(name, path, lines=None) -> set[str]:
    """Return the core modules that a module imports."""
    known = core_modules()
    return {found for found in imports(name, path, lines) if found in known and found != name}


def test_every_core_module_has_its_layer():
    assert sorted({unit(name) for name in core_modules()} - set(RANKS)) == [], "put it into LAYERS"


def test_dependencies_point_downward():
    wrong = []
    for name, path in core_modules().items():
        wrong += [f"{name} imports {other}" for other in inner_imports(name, path, top_level(path))
                  if rank(other) > rank(name)]
    assert wrong == []


def test_stores_and_services_know_no_page_at_all():
    wrong = []
    for name, path in core_modules().items():
        if rank(name) < FACES:
            wrong += [f"{name} imports {other}" for other in inner_imports(name, path) if rank(other) >= FACES]
    assert wrong == []


def test_no_import_runs_in_a_circle():
    graph = {name: inner_imports(name, path, top_level(path)) for name, path in core_modules().items()}
    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize(("name", "others"), [("entity", set()), ("clock_rules", set()),
                                              ("workflow", {"grid321.core.clock_rules"})])
def test_declarations_import_nothing_else_of_the_core(name, others):
    path = core_modules()[f"grid321.core.{name}"]
    assert inner_imports(f"grid321.core.{name}", path) == others


def test_plugins_use_the_one_door():
    wrong = []
    for name, path in modules().items():
        if name.startswith("grid321.plugins."):
            wrong += [f"{name} imports {other}" for other in imports(name, path)
                      if other.startswith("grid321.core") and not f"{other}.".startswith("grid321.core.api.")
                      and other != "grid321.core"]
    assert wrong == []


def test_modules_and_functions_fit_a_readers_head():
    long = []
    for name, path in modules().items():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MOST_LINES:
            long.append(f"{name}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > MOST_LINES_OF_A_FUNCTION:
                    long.append(f"{name}.{node.name}: {size} lines")
        plugin = name.startswith("grid321.plugins.") and path.stem == "__init__"
        if plugin and text.count("\n") > MOST_LINES_OF_A_MANIFEST:
            long.append(f"{name}: a manifest of {text.count(chr(10))} lines")
    assert long == []


def test_public_functions_say_what_a_caller_needs():
    silent = []
    for name, path in modules().items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{name}.{node.name}")
    assert silent == []
