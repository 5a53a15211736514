"""A task whose answer is a formula: the right one, and the wrong ones that people write.

A slip is a wrong formula with its words. It judges (an answer that equals it gets its words) and it is its
own test (as an answer, it must get them): it is written once.
"""

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.checks import blocks
from helpers.checks.changes import table, variant
from helpers.checks.plain import same_form, short, to_plain
from helpers.checks.probing import Observation, Seen, call
from helpers.checks.task import Case, Slip, Task, Verdict, Wrong, all_of, verdict

Formula = Callable[..., Any]
FORM = "Compare with the example of the task: what is returned, and in which order?"


@dataclass(frozen=True)
class WrongFormula:
    """A wrong formula: of one `part` of the answer, or of all of it."""

    formula: Formula
    what: str
    hint: str
    part: str


def slip(formula: Formula, what: str, hint: str, part: str = "") -> WrongFormula:
    """A wrong formula that people write, what is said about it, and the hint; `part` if it gives only that.

    It takes the arguments that the learner's function takes, in their order (where the task asks for a class,
    it is a class).
    """
    return WrongFormula(formula, what, hint, part)


def slips_of(right: Formula, text: str, parts: Iterable[str] = ()) -> list[WrongFormula]:
    r"""The slips of a table: changes of the right formula, then what is said of them, then the hint.

    Changes that begin with the name of a part and a colon give a wrong formula of that part only.

    >>> (one,) = slips_of(slip, "formula, what → formula, hint\n    the hint comes twice\n    Look at it.")
    >>> one.formula(len, "wrong", "hint").what, one.hint
    ('hint', 'Look at it.')
    """
    found, names = [], list(parts)
    for entry in table(text):
        part, colon, rest = entry.changes[0].partition(": ")
        what, *hint = entry.words
        if colon and part in names:
            whole = variant(right, rest, *entry.changes[1:])
            found.append(slip(_part_of(whole, names.index(part)), what, " ".join(hint), part))
        else:
            found.append(slip(variant(right, *entry.changes), what, " ".join(hint)))
    return found


def _part_of(formula: Formula, number: int) -> Formula:
    return lambda *arguments: list(leaves(formula(*arguments)))[number]


def formula_task(
    id: str,
    signature: str,
    points: float,
    cases: Callable[[np.random.Generator], Sequence[Case]],
    right: Formula,
    slips: str | Sequence[WrongFormula],
    parts: str | Mapping[str, str],
    *,
    rules: Sequence[Verdict] = (),
    last_rules: Sequence[Verdict] = (),
    unchanged: str = "",
    form: str = FORM,
    rtol: float = blocks.RTOL,
    atol: float = blocks.ATOL,
    single: bool = True,
    probe: Callable[[Any, Case], Any] | None = None,
    **more: Any,
) -> Task:
    """A task that is right when the numbers are.

    `slips` is a table of changes of `right` (see `slips_of`), or a list. They and `right` are answers: the
    `probe` runs them on a case as it runs the learner's (by default it passes the inputs in their order).
    `parts` is the hint for wrong numbers that no slip explains; when
    `right` returns several things (nested, if need be), it is their names in order, each with its hint (one
    hint alone serves for all arrays of a list, which may be of any length). Asked are, in this order: `rules`
    (what the probe saw), the slips, the form, the shapes, `last_rules`, whether the inputs are unchanged
    (`unchanged` is the hint), and the numbers, with `rtol`, `atol` and `single` of `blocks.close`. Whatever
    else a `Task` takes goes through. Raises `ValueError` for an unknown part.

    >>> task = formula_task("demo/mean", "mean(x)", 1, lambda rng: [{"x": rng.normal(size=4)}], np.mean,
    ...     [slip(np.sum, "this is the sum", "How many are they?")], "All entries count the same.")
    >>> task.slips[0].what
    'this is the sum'
    """
    hints = dict(parts) if isinstance(parts, Mapping) else {"": parts}
    slips = slips_of(right, slips, hints) if isinstance(slips, str) else slips
    for one in slips:
        if one.part not in ("", *hints):
            raise ValueError(f"{id}: a slip is of {one.part!r}, but the parts are {', '.join(hints)}")

    run = probe or (lambda learner, case: call(learner, *case.values()))

    def on(formula: Formula) -> Callable[[Case], Any]:
        return lambda case: _answer_of(run(formula, copy.deepcopy(case)))

    judge = _Judge(
        right=on(right),
        wrong=[(one, on(one.formula)) for one in slips],
        hints=hints,
        form=form,
        tolerances={"rtol": rtol, "atol": atol, "single": single},
    )
    return Task(
        id,
        points,
        cases,
        run,
        all_of(
            *rules,
            of_answer(judge.slips),
            of_answer(judge.shapes),
            *last_rules,
            blocks.leaves_input_unchanged(hint=unchanged),
            of_answer(judge.numbers),
        ),
        slips=[Slip(_as_answer(one, right, list(hints)), one.what, one.hint) for one in slips],
        signature=signature,
        **more,
    )


def of_answer(judge: Callable[[Case, Any], None]) -> Verdict:
    """A verdict like `verdict(judge)` that looks at the learner's part only of what the probe returned."""
    judged = verdict(judge)
    return lambda case, seen: judged(case, Observation(value=seen.answer, answer=seen.answer))


@dataclass(frozen=True)
class _Judge:
    """Compares an answer with the right one and with the slips, part by part."""

    right: Callable[[Case], Any]
    wrong: Sequence[tuple[WrongFormula, Callable[[Case], Any]]]
    hints: Mapping[str, str]
    form: str
    tolerances: Mapping[str, Any] = field(default_factory=dict)

    def close(self, got: Any, want: Any) -> bool:
        return blocks.close(got, want, **self.tolerances)

    def parts(self, case: Case, answer: Any) -> dict[str, tuple[Any, Any]]:
        """By name: what is right and what came; nothing, when the answer does not have that form."""
        want = self.right(case)
        if not same_form(want, answer):
            return {}
        pairs = zip(leaves(want), leaves(answer, like=want), strict=True)
        return dict(zip(self.names(want), pairs, strict=True))

    def names(self, want: Any) -> Sequence[str]:
        """What the parts are called; of a list of any length, all under one hint, by their place."""
        if list(self.hints) == [""] and isinstance(want, list | tuple):
            return [f"array {number}" for number, _ in enumerate(leaves(want))]
        return list(self.hints)

    def hint(self, name: str) -> str:
        """What is said of a part."""
        return self.hints[name if name in self.hints else ""]

    def slips(self, case: Case, answer: Any) -> None:
        parts = self.parts(case, answer)
        if parts and all(self.close(got, want) for want, got in parts.values()):
            return
        for one, wrong in self.wrong:
            try:
                bad = wrong(case)
            except Exception:  # a slip that comes to no end on this case, as a product that does not fit
                continue
            if self.is_slip(one, bad, answer, parts):
                raise Wrong(one.what, one.hint)
        want = self.right(case)
        if not parts:
            names = self.names(want)
            form = (
                _in_words(want, iter(names))
                if names == list(self.hints)
                else f"a list of {len(names)} arrays"
            )
            raise Wrong(f"expected {form}, got {short(answer)}", self.form)
        got = list(leaves(answer, like=want))
        for order in itertools.permutations(got) if 1 < len(got) < 5 else ():
            if all(map(self.close, order, leaves(want))):
                raise Wrong("what came is right, but in another order", self.form)

    def is_slip(self, one: WrongFormula, bad: Any, answer: Any, parts: Mapping[str, Any]) -> bool:
        """Whether the answer is what the slip gives (and that is not right by chance)."""
        if not one.part:
            return self.same(bad, answer)
        want, got = parts.get(one.part, (None, None))
        return one.part in parts and self.same(bad, got) and not self.same(want, got)

    def same(self, bad: Any, answer: Any) -> bool:
        """Whether two answers are one; also numbers near 0 must agree in their first digits."""
        if not same_form(bad, answer):
            return False
        for wrong, got in zip(leaves(bad), leaves(answer, like=bad), strict=True):
            largest = np.abs(np.nan_to_num(np.asarray(wrong, dtype=float))).max(initial=0)
            atol = min(self.tolerances["atol"], 10 * self.tolerances["rtol"] * float(largest))
            if not blocks.close(got, wrong, **{**self.tolerances, "atol": atol}):
                return False
        return True

    def shapes(self, case: Case, answer: Any) -> None:
        for name, (want, got) in self.parts(case, answer).items():
            if np.shape(got) != np.shape(want):
                wrong = f"the shape{_of(name)} is wrong: expected {np.shape(want)}, got {np.shape(got)}"
                raise Wrong(wrong, self.hint(name))

    def numbers(self, case: Case, answer: Any) -> None:
        parts = self.parts(case, answer)
        off = [name for name, (want, got) in parts.items() if not self.close(got, want)]
        if off:
            names = " and ".join([", ".join(off[:-1]), off[-1]] if len(off) > 1 else off)
            what = f"the value{_of(names)} is off" if len(off) == 1 else f"{names} are off"
            raise Wrong(f"{what}\n{blocks.expected_and_got(*parts[off[0]])}", self.hint(off[0]))


def _answer_of(returned: Any) -> Any:
    """The answer in what a probe returned, as plain data."""
    plain = to_plain(returned.value if isinstance(returned, Seen) else returned)
    return plain["answer"] if isinstance(returned, Seen) else plain


def _of(name: str) -> str:
    return f" of {name}" if name else ""


def leaves(value: Any, like: Any = None) -> Iterator[Any]:
    """The parts of a nested answer in order; `like` says what is one part, for an answer in its form.

    >>> list(leaves(([1, 2], 3)))
    [1, 2, 3]
    """
    pattern = value if like is None else like
    if not isinstance(pattern, list | tuple):
        yield value
        return
    for item, part in zip(value, pattern, strict=True):
        yield from leaves(item, part)


def _in_words(want: Any, names: Iterator[str], outside: bool = True) -> str:
    """The form of an answer, as `[W, b], losses`."""
    if not isinstance(want, list | tuple):
        return next(names) or f"numbers of shape {np.shape(want)}"
    inner = ", ".join(_in_words(part, names, outside=False) for part in want)
    return inner if outside else f"[{inner}]"


def _as_answer(one: WrongFormula, right: Formula, names: Sequence[str]) -> Formula:
    """The slip in a learner's place: all of the answer, or the right one but for its part."""
    if not one.part:
        return one.formula

    def answer(*arguments: Any) -> Any:
        wrong, number = one.formula(*arguments), iter(names)

        def replaced(value: Any) -> Any:
            if isinstance(value, list | tuple):
                return [replaced(part) for part in value]
            return wrong if next(number) == one.part else value

        return replaced(right(*arguments))

    return answer
