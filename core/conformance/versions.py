"""Checks of a plugin's workflows as versions: stored as declared, made again from what is stored, differences readable."""
from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from grid321.core import i18n, version_words, versions
from grid321.core.registry import registry
from grid321.core.version_content import content_of, differences, digest, home_of, rebuilt
from grid321.core.workflow import Workflow

from .world import World

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def check_versions(world: World) -> list[str]:
    """Each declared version is stored with the same rules and can be made again without the declaration."""
    flows = sorted((flow for (key, _version), flow in registry().bases.items() if key.startswith(f"{world.key}.")),
                   key=lambda flow: (flow.key, flow.version))
    found: list[str] = []
    for flow in flows:
        found += _stored(world, flow)
    for older, newer in pairwise(flows):
        if older.key == newer.key:
            found += _readable(older, newer)
    return found


def _stored(world: World, flow: Workflow) -> Iterator[str]:
    where, content = f"{flow.key} version {flow.version}", content_of(flow)
    row = versions.WorkflowVersion.get_or_none((versions.WorkflowVersion.key == flow.key)
                                               & (versions.WorkflowVersion.version == flow.version))
    if row is None:
        yield f"{where} was not stored by migrating"
    elif row.hash != digest(content):
        yield f"{where} is stored with other rules: {next(iter(differences(row.content, content)), '')}"
    again = rebuilt(content, ["grid321.core", home_of(world.module.__name__)])
    for name in again.lacks:
        yield f"{where}: a later release could not find {name}; use a function of a module of the plugin, no lambda"
    if not again.lacks and content_of(again) != content:
        yield f"{where} is not the same when it is made again: {next(iter(differences(content, content_of(again))), '')}"


def _readable(older: Workflow, newer: Workflow) -> Iterator[str]:
    """What differs between two declared versions, in Chinese words."""
    changes = differences(content_of(older), content_of(newer))
    if not changes:
        yield f"{newer.key}: version {newer.version} has the rules of version {older.version}; leave it out"
    with i18n.use_language("zh"):
        for change, line in zip(changes, version_words.lines(changes, older, newer), strict=True):
            if not _CHINESE.search(line):
                yield f"{newer.key}: {change} has no Chinese words"
