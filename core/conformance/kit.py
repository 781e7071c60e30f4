"""The class that a plugin's tests derive from."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest

from . import declarations


def _none(problems: list[str]) -> None:
    """Fail with one line for each problem."""
    if problems:
        pytest.fail("\n".join(["the plugin does not conform:", *(f"  - {problem}" for problem in problems)]), pytrace=False)


class PluginConformance:
    """Thirty checks for one plugin. A test class derives from it and names the plugin::

        class TestConformance(PluginConformance):
            plugin = grid321_bridge

    ``examples`` gives JSON values by entity key, or by ``<workflow key>.<transition key>``, where the kit cannot guess a value
    that fits (None leaves a field out; a function gets a running number; a list of an entity has one example for each way that
    its cases may go, a list of a step several answers; of an automatic step it is what triggers it); ``beside`` are plugins
    that are installed too, ``along`` the keys of those of them that are switched on, whose permissions people hold with the
    plugin's; ``prepare(world)`` adds what records need before they can be made.
    """

    plugin: ModuleType
    examples: Mapping[str, Any] = {}
    beside: tuple[ModuleType, ...] = ()
    along: tuple[str, ...] = ()

    def prepare(self, world: Any) -> None:
        """Add what the plugin's records need; nothing by default."""

    @pytest.fixture
    def plugin_modules(self) -> list[ModuleType]:
        """Install the plugin and those beside it, nothing else."""
        return [*self.beside, self.plugin]

    @pytest.fixture
    def world(self, app: Any, division_tree: Any) -> Any:
        """The small world with the plugin switched on."""
        from .world import World

        world = World(app, self.plugin, division_tree, self.examples, self.along)
        world.furnish()
        self.prepare(world)
        return world

    @pytest.fixture
    def bare(self, app: Any, division_tree: Any) -> Any:
        """The small world without any record."""
        from .world import World

        return World(app, self.plugin, division_tree, self.examples, self.along)

    # -- what the plugin says ----------------------------------------------------------------------------------------

    def test_the_manifest_fits_and_every_key_has_the_plugins_prefix(self) -> None:
        """Key, version, API range; prefixes of keys and tables."""
        _none(declarations.check_manifest(self.plugin))

    def test_the_manifest_module_is_short(self) -> None:
        """``__init__.py`` is the manifest and the hooks."""
        _none(declarations.check_manifest_is_short(self.plugin))

    def test_every_hook_exists_and_is_marked(self) -> None:
        """No misspelt and no forgotten hook."""
        _none(declarations.check_hooks(self.plugin))

    def test_the_plugin_imports_the_core_by_its_one_door(self) -> None:
        """``grid321.core.api`` only, and no other plugin."""
        _none(declarations.check_imports(self.plugin))

    def test_every_word_is_translated(self) -> None:
        """Labels are lazy and have Chinese words, and so has every other marked text of code and templates."""
        from .words import check_marked

        _none(declarations.check_words(self.plugin) or check_marked(self.plugin))

    def test_every_step_has_a_role_that_may_take_it(self) -> None:
        """A misspelt permission would leave a step to nobody."""
        _none(declarations.check_steps(self.plugin))

    def test_the_platform_takes_the_plugin(self, app: Any) -> None:
        """Its declarations are valid together with the core's."""
        loaded = app.extensions["grid321"].registry.plugins.all[self.plugin.plugin.key]
        _none([loaded.error] if loaded.error else [])

    # -- its tables --------------------------------------------------------------------------------------------------

    def test_migrations_go_up_down_and_up_and_equal_the_models(self, bare: Any) -> None:
        """From empty, without drift, back and forth."""
        from .storage import check_migrations

        _none(check_migrations(bare))

    def test_no_foreign_key_points_to_another_owner(self, bare: Any) -> None:
        """Plugins come and go; the rows of others must not hold them."""
        from .storage import check_no_foreign_tables

        _none(check_no_foreign_tables(bare))

    def test_importing_what_was_exported_changes_nothing(self, world: Any) -> None:
        """Import of an export is the identity."""
        from .transfers import check_round_trip

        _none(check_round_trip(world))

    # -- its faces ---------------------------------------------------------------------------------------------------

    def test_every_face_answers_the_roles_that_may_and_no_other(self, world: Any) -> None:
        """Faces × roles × scope."""
        from .faces import check_faces

        _none(check_faces(world))

    def test_switched_off_it_is_gone_everywhere(self, world: Any) -> None:
        """Pages, API, menu and jobs answer as if it did not exist; data stays."""
        from .faces import check_off

        _none(check_off(world))

    def test_what_it_adds_to_records_of_others_follows_its_switch(self, world: Any) -> None:
        """Fields of its entity extensions and its printable forms."""
        from .additions import check_additions

        _none(check_additions(world))

    # -- its workflows -----------------------------------------------------------------------------------------------

    def test_every_state_and_step_is_reached_by_a_real_case(self, world: Any) -> None:
        """No dead declaration."""
        from .flows import check_reachable

        _none(check_reachable(world))

    def test_every_workflow_is_stored_and_can_be_made_again(self, bare: Any) -> None:
        """Versions: running cases stay on theirs when a release no longer declares it."""
        from .versions import check_versions

        _none(check_versions(bare))

    def test_a_step_without_permission_is_refused(self, world: Any) -> None:
        """Neither without the permission nor from another county."""
        from .flows import check_refused_without_permission

        _none(check_refused_without_permission(world))

    def test_who_loses_a_race_changes_nothing(self, world: Any) -> None:
        """One winner; the loser gets a conflict."""
        from .flows import check_lost_race

        _none(check_lost_race(world))

    def test_a_member_follows_its_lead_into_every_state(self, world: Any) -> None:
        """Groups stay sound, and nothing is counted twice."""
        from .cases import check_groups

        _none(check_groups(world))

    def test_links_survive_that_the_plugin_is_off(self, world: Any) -> None:
        """They are seen from both sides while it is on, and by nobody while it is off."""
        from .cases import check_links

        _none(check_links(world))

    def test_every_clock_fires_once(self, world: Any) -> None:
        """After its last day, never before, never again."""
        from .flows import check_clocks

        _none(check_clocks(world))


Check = Callable[[Any], list[str]]
