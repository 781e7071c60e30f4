"""Another release of a plugin in a running application: its workflows are declared anew, its tables stay."""
from contextlib import contextmanager
from types import SimpleNamespace

from grid321.core import core_plugin, snapshot, versions
from grid321.core.api import hookimpl
from grid321.core.plugins import Plugins
from grid321.core.registry import Platform, build


def release(module, *flows, **more):
    """Return a stand-in for ``module`` (a plugin) whose hook ``workflows`` declares ``flows``."""
    found = SimpleNamespace(plugin=module.plugin, __name__=module.__name__, **more)
    for name in dir(module):
        if name.startswith("grid321_") and not hasattr(found, name):
            setattr(found, name, getattr(module, name))

    def grid321_workflows():
        return list(flows)

    found.grid321_workflows = hookimpl(grid321_workflows)
    return found


@contextmanager
def running(app, *modules, migrate=True, strict=True):
    """Let ``app`` run with these plugins as after an update: ``grid321 migrate``, then a restart. Puts the old ones back."""
    before = app.extensions["grid321"]
    try:
        if migrate:
            restart(app, modules, {}, strict)
            versions.install()
        yield restart(app, modules, versions.contents(), strict)
    finally:
        app.extensions["grid321"] = before
        snapshot.forget()


def restart(app, modules, stored, strict=True):
    """Build the registry anew, as ``create_app`` does, and return it."""
    plugins = Plugins(core_plugin, [(module.plugin.key, module) for module in modules])
    registry = build(plugins, strict=strict, stored=stored)
    app.extensions["grid321"] = Platform(registry, plugins, app.extensions["grid321"].config)
    plugins.hooks.is_on = lambda plugin, node: snapshot.current().switches.is_on(plugin, node)
    return registry
