"""What of the checks goes into the sandbox: the probes, and nothing that knows a right answer.

A module of helpers.checks holds probe and verdict side by side. Of each, only the top-level statements that
a probe needs are written out, found by the names that it uses; right formulas, slips and rules stay here.
"""

import ast
import functools
import inspect
import shutil
import symtable
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType
from typing import Any

from course.errors import CourseError
from helpers.checks import Task, lessons_with_tasks, tasks_of

WHOLE = ("plain", "probing", "wire")  # modules of helpers.checks that know no answers
PACKAGE = "helpers.checks"
_CHECK = '''\
"""While a submission is graded, checks are judged elsewhere: here `check` says nothing."""


def check(task_id, answer, *, seed=0):
    """Nothing: the points are given outside."""
    return 0.0
'''


def write(home: Path, helpers: Path, lessons: Iterable[str] = ()) -> None:
    """Write a package `helpers` into `home` that has everything but the judges of the tasks.

    helpers: the folder of the package. lessons: those whose probes are needed; all, when none is named.
    Raises `CourseError` for a probe that cannot be taken out of its module.
    """
    skip = shutil.ignore_patterns("checks", "__pycache__")
    shutil.copytree(helpers, home / "helpers", ignore=skip, symlinks=True)
    checks = home / "helpers" / "checks"
    checks.mkdir()
    (checks / "__init__.py").write_text(_CHECK, encoding="utf-8")
    for name in WHOLE:
        shutil.copy2(helpers / "checks" / f"{name}.py", checks)
    tasks = [task for lesson in lessons or lessons_with_tasks() for task in tasks_of(lesson)]
    for path, text in shaken(tasks, helpers / "checks").items():
        place = checks / path
        place.parent.mkdir(parents=True, exist_ok=True)
        for folder in place.parents:
            if folder == checks:
                break
            (folder / "__init__.py").touch()
        place.write_text(text, encoding="utf-8")


def shaken(tasks: Iterable[Task], folder: Path) -> dict[str, str]:
    """The files, by their path in helpers/checks, that hold the probes of these tasks and what they need.

    `probes.py` has the dict PROBES, by the ids of the tasks.
    """
    house = _House(folder)
    lines, entries = [], []
    for number, task in enumerate(tasks):
        module, expression = _where(task.probe, task.id)
        name = f"probe_{number}"
        if module is None:
            lines.append(f"{name} = {expression}")
        else:
            house.need(module, {expression} if expression.isidentifier() else _names(ast.parse(expression)))
            if not expression.isidentifier():
                house.add(module, name, expression)
            lines.append(
                f"from {module} import {expression if expression.isidentifier() else name} as {name}"
            )
        entries.append(f"    {task.id!r}: {name},")
    head = '"""The probes of the tasks."""\n\nfrom helpers.checks.probing import call\n'
    text = "\n".join([head, *lines, "", "PROBES = {", *entries, "}", ""])
    return {**house.files(), "probes.py": text}


def _where(probe: Any, task: str) -> tuple[str | None, str]:
    """The module of a probe and its source there: a name, or a lambda."""
    if not isinstance(probe, FunctionType):
        raise CourseError(f"the probe of {task} is no function: write it with `def` in its module.")
    if probe.__qualname__ == "formula_task.<locals>.<lambda>":
        return None, "lambda learner, case: call(learner, *case.values())"
    if probe.__qualname__.isidentifier():
        return probe.__module__, probe.__qualname__
    if probe.__qualname__ == "<lambda>":
        place = next(p for p in probe.__code__.co_positions() if p[0] is not None)
        tree = ast.parse(Path(inspect.getsourcefile(probe) or "").read_text(encoding="utf-8"))
        found = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Lambda)
            and node.lineno == probe.__code__.co_firstlineno
            and [argument.arg for argument in node.args.args] == ["learner", "case"]
        ]
        if len(found) == 1 and place:
            return probe.__module__, ast.unparse(found[0])
    raise CourseError(f"the probe of {task} is made inside a function: write it with `def` in its module.")


class _House:
    """The modules of helpers.checks, and which of their top-level statements are needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: dict[str, set[int]] = {}
        self.imported: dict[str, set[str]] = {}
        self.added: dict[str, list[str]] = {}

    def path(self, module: str) -> str:
        inner = module.removeprefix(PACKAGE + ".").replace(".", "/")
        return f"{inner}.py" if (self.folder / f"{inner}.py").exists() else f"{inner}/__init__.py"

    @functools.cache  # noqa: B019  (a house lives as long as one call)
    def body(self, module: str) -> list[ast.stmt]:
        return ast.parse((self.folder / self.path(module)).read_text(encoding="utf-8")).body

    def add(self, module: str, name: str, expression: str) -> None:
        self.added.setdefault(module, []).append(f"{name} = {expression}")

    def need(self, module: str, names: set[str]) -> None:
        """Keep what defines these names in a module, and what that needs, there and elsewhere."""
        kept, imported = self.kept.setdefault(module, set()), self.imported.setdefault(module, set())
        for number, statement in enumerate(self.body(module)):
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in statement.names:
                    bound = (alias.asname or alias.name).split(".")[0]
                    if bound in names and bound not in imported:
                        imported.add(bound)
                        self._follow(statement, alias)
            elif number not in kept and _defines(statement) & names:
                kept.add(number)
                self.need(module, _names(_without_annotations(statement)))

    def _follow(self, statement: ast.stmt, alias: ast.alias) -> None:
        if not isinstance(statement, ast.ImportFrom) or not (statement.module or "").startswith(PACKAGE):
            return
        inner = f"{statement.module}.{alias.name}"
        short = inner.removeprefix(PACKAGE + ".")
        if (self.folder / f"{short.replace('.', '/')}.py").exists() and short not in WHOLE:
            raise CourseError(f"{inner} is imported whole by a probe: import the names that it needs.")
        module = statement.module or ""
        if module != PACKAGE and module.removeprefix(PACKAGE + ".") not in WHOLE:
            self.need(module, {alias.name})

    def files(self) -> dict[str, str]:
        return {self.path(module): self._text(module) for module in self.kept}

    def _text(self, module: str) -> str:
        lines = []
        for number, statement in enumerate(self.body(module)):
            if isinstance(statement, ast.ImportFrom | ast.Import):
                wanted = [
                    alias
                    for alias in statement.names
                    if (alias.asname or alias.name).split(".")[0] in self.imported[module]
                ]
                if wanted:
                    statement.names = wanted
                    lines.append(ast.unparse(statement))
            elif number in self.kept[module]:
                lines.append(ast.unparse(_without_annotations(statement)))
        return "\n".join([*lines, *self.added.get(module, []), ""])


def _defines(statement: ast.stmt) -> set[str]:
    """The names that a top-level statement gives a value."""
    table = symtable.symtable(ast.unparse(statement), "statement", "exec")
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}


def _names(statement: ast.AST) -> set[str]:
    """The names of its module that a statement uses, in whatever scope of it; no local ones."""

    def used(table: symtable.SymbolTable, top: bool) -> set[str]:
        here = {name.get_name() for name in table.get_symbols() if top or name.is_global()}
        return here.union(*(used(inner, False) for inner in table.get_children()))

    return used(symtable.symtable(ast.unparse(statement), "statement", "exec"), True)


class _NoTypes(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        self.generic_visit(node)
        if ast.get_docstring(node) and len(node.body) > 1:
            node.body = node.body[1:]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        node.annotation = ast.Constant("Any")  # a field of a dataclass keeps one
        return node


def _without_annotations(statement: ast.stmt) -> ast.stmt:
    """A statement without its types and words, whose names a probe does not need."""
    copied = ast.parse(ast.unparse(statement)).body[0]
    return ast.fix_missing_locations(_NoTypes().visit(copied))
