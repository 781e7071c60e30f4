"""How templates are compiled: three rewritings that change no page and take a third off the time to render one.

* ``_("constant")`` becomes its translation, since each template is compiled once per language, and ``icon("house")``
  and ``asset("constant")`` what they always answer;
* the body of a block is collected in a list and handed on as one piece, instead of passing every piece through the
  generators of all the templates that it extends;
* text is escaped to a plain string: what leaves a template is joined at once, so that it need not become ``Markup``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

try:  # the C function behind escape(); without it the public one does the same more slowly
    from markupsafe import _escape_inner as _escape_text
except ImportError:  # pragma: no cover - a later markupsafe

    def _escape_text(text: str, /) -> str:
        return str(escape(text))


_COLLECTED = "_collected_block"


def output_text(value: Any) -> str:
    """Return what a template writes for `value`: escaped unless the value says that it is markup."""
    if type(value) is str:
        return _escape_text(value)
    if hasattr(value, "__html__"):
        return str(value.__html__())
    return _escape_text(str(value))


class PlainTextGenerator(CodeGenerator):
    """Writes ``environment.output_text(…)`` where Jinja would write ``escape(…)``."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.output_text(")


def rewrite(tree: nodes.Template, constant: Mapping[str, Callable[[str], str]]) -> nodes.Template:
    """Call the functions of `constant` that a parsed template calls with a constant, and collect its blocks.

    `constant` maps names of global functions to functions of one string that always answer the same for the same string.
    Changes and returns `tree`.
    """
    for node in tree.find_all(nodes.Node):
        _fold(node, constant)
    for block in list(tree.find_all(nodes.Block)):
        collected = nodes.AssignBlock(nodes.Name(_COLLECTED, "store"), None, block.body, lineno=block.lineno)
        output = nodes.Output([nodes.Name(_COLLECTED, "load")], lineno=block.lineno)
        block.body = [collected, output]
        for node in block.body:
            node.set_environment(tree.environment)  # type: ignore[arg-type]
    return tree


def _fold(node: nodes.Node, constant: Mapping[str, Callable[[str], str]]) -> None:
    for field, value in node.iter_fields():
        if isinstance(value, list):
            value[:] = [_folded(one, constant) for one in value]
        elif isinstance(value, nodes.Node):
            setattr(node, field, _folded(value, constant))


def _folded(node: Any, constant: Mapping[str, Callable[[str], str]]) -> Any:
    """Return the answer in place of ``name("constant")``; a call with anything else stays a call."""
    plain = (isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in constant
             and len(node.args) == 1 and isinstance(node.args[0], nodes.Const)
             and not node.kwargs and not node.dyn_args and not node.dyn_kwargs)
    if not plain:
        return node
    answer = constant[node.node.name](node.args[0].value)
    kind = nodes.TemplateData if isinstance(answer, Markup) else nodes.Const
    found = kind(str(answer), lineno=node.lineno)
    found.set_environment(node.environment)
    return found
