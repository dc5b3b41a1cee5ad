"""Changes: small faults of Python source, one at a time, in an order that stays."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

_COMPARED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_RENAMED = {"min": "max", "max": "min", "all": "any", "any": "all", "lstrip": "rstrip", "rstrip": "lstrip"}
_LEAVES = (ast.Raise, ast.Continue, ast.Break, ast.AugAssign)
_PROSE = (ast.JoinedStr,)  # words for people: no test pins each of them
_TESTED = (ast.If, ast.While, ast.IfExp)


@dataclass(frozen=True)
class Change:
    """One fault: where it is put in, what it is in words, and how."""

    line: int
    what: str
    apply: Callable[[], None]


def changes(tree: ast.Module) -> Iterator[Change]:
    """Yield every fault that can be put into a module; applying one changes `tree`."""
    yield from _of_node(tree)


def mutated(source: str, number: int, path: str) -> CodeType:
    """Return the code of a module with fault `number` of `changes`."""
    tree = ast.parse(source)
    next(islice(changes(tree), number, None)).apply()
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _of_node(node: ast.AST) -> Iterator[Change]:
    for field, value in ast.iter_fields(node):
        if _is_no_code(node, field):
            continue
        if isinstance(value, list):
            for place, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _of_child(item, _Place(value, place))
        elif isinstance(value, ast.AST):
            yield from _of_child(value, _Place(node, field))


def _is_no_code(node: ast.AST, field: str) -> bool:
    """Say whether a part of a node is no expression of its own, or for readers and type checkers alone."""
    if isinstance(node, ast.If) and _short(node.test) == "TYPE_CHECKING":
        return True
    return field in ("annotation", "returns", "decorator_list", "op", "ops", "ctx")


class _Place:
    """Where a node hangs: an attribute of its parent, or an item of a list."""

    def __init__(self, holder: object, key: object) -> None:
        self._holder, self._key = holder, key

    def put(self, node: ast.AST) -> Callable[[], None]:
        """Return a function that puts another node there."""

        def apply() -> None:
            if isinstance(self._holder, list):
                self._holder[self._key] = node
            else:
                setattr(self._holder, self._key, node)

        return apply


def _of_child(node: ast.AST, place: _Place) -> Iterator[Change]:
    if isinstance(node, _PROSE):
        return
    for what, other in _others(node):
        yield Change(node.lineno, what, place.put(ast.copy_location(other, node)))
    if isinstance(node, _TESTED) and _short(node.test) != "TYPE_CHECKING":
        yield _refused(node, node.test, "test", node)
    if isinstance(node, ast.comprehension):
        for i, test in enumerate(node.ifs):
            yield _refused(node.ifs, test, i, test)
    yield from _of_node(node)


def _refused(holder: object, test: ast.expr, key: object, at: ast.AST) -> Change:
    """Return the change of a condition to its contrary."""
    contrary = ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
    return Change(at.lineno, f"if {_short(test)} -> if not", _Place(holder, key).put(contrary))


def _others(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what else could stand in place of a node, in words and as a node."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            other = _COMPARED[type(op)]
            ops = [*node.ops[:i], other(), *node.ops[i + 1 :]]
            yield (
                f"{_short(node)}: {_named(op)} -> {other.__name__}",
                ast.Compare(node.left, ops, node.comparators),
            )
    elif isinstance(node, ast.BoolOp):
        other = ast.And if isinstance(node.op, ast.Or) else ast.Or
        yield f"{_short(node)}: {_named(node.op)} -> {other.__name__}", ast.BoolOp(other(), node.values)
        for i, value in enumerate(node.values):
            rest = [*node.values[:i], *node.values[i + 1 :]]
            left = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield f"{_short(node)}: without {_short(value)}", left
    elif isinstance(node, ast.BinOp) and type(node.op) in _COMPUTED:
        other = _COMPUTED[type(node.op)]
        yield (
            f"{_short(node)}: {_named(node.op)} -> {other.__name__}",
            ast.BinOp(node.left, other(), node.right),
        )
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"{_short(node)} -> {_short(node.operand)}", node.operand
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node.value)
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    elif isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield f"{_short(node)} -> return None", ast.Return(ast.Constant(None))
    elif isinstance(node, _LEAVES) or (isinstance(node, ast.Expr) and not _is_text(node.value)):
        yield f"without {_short(node)}", ast.Pass()


def _other_constants(value: object) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(value, bool):
        yield f"{value} -> {not value}", ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield f"{value} -> {value + 1}", ast.Constant(value + 1)
        yield f"{value} -> {value - 1}", ast.Constant(value - 1)


def _other_calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in _RENAMED:
        new = _RENAMED[name]
        func = (
            ast.Name(new, ast.Load())
            if isinstance(node.func, ast.Name)
            else ast.Attribute(node.func.value, new, ast.Load())
        )
        yield f"{_short(node)}: {name} -> {new}", ast.Call(func, node.args, node.keywords)
    swaps = len(node.args) > 1 and not any(isinstance(one, ast.Starred) for one in node.args[:2])
    if swaps and name not in (*_RENAMED, "isinstance"):
        args = [node.args[1], node.args[0], *node.args[2:]]
        yield f"{_short(node)}: first two swapped", ast.Call(node.func, args, node.keywords)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _named(op: ast.AST) -> str:
    return type(op).__name__


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 70 else text[:67] + "..."
