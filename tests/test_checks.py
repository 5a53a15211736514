"""The core of the checks: what a learner is told, whatever goes wrong."""

import contextlib
import copy
import io
import logging
import threading
import time

import numpy as np
import pytest
from scipy.stats import binomtest

from helpers.checks import blocks, changes, notebook, probing, randomness
from helpers.checks.formula import formula_task, slip, slips_of
from helpers.checks.notebook import WIDTH, CheckFailed, missing_name, read, tell, wrap
from helpers.checks.plain import first_of, same_plain, short, to_plain, type_that_is_not_plain
from helpers.checks.probing import observe
from helpers.checks.task import Rule, Task, Wrong, all_of, find_task, grade, verdict


def doubling(*rules, **options) -> Task:
    """A task: return twice the array x."""
    return Task(
        id="demo/double",
        points=4,
        cases=lambda rng: [{"x": rng.normal(size=n), "seed": 1} for n in (3, 4, 200, 300)],
        probe=lambda learner, case: probing.call(learner, case["x"]),
        verdict=all_of(
            blocks.same_shape(lambda case: case["x"], hint="Keep the shape."),
            blocks.same_dtype("f", hint="Keep floats."),
            blocks.no_nan(),
            *rules,
            blocks.close_to(lambda case: 2 * case["x"], hint="Twice the input."),
            blocks.leaves_input_unchanged("x"),
        ),
        signature="double(x)",
        **options,
    )


def told(answer, *rules, **options) -> str:
    """What a learner reads about an answer to the task."""
    return tell(grade(doubling(*rules, **options), answer))


def in_place(x):
    x *= 2
    return x


def prints(x):
    print(2 * x)


def crashes(x):
    row = x[0]
    return 2 * row + undefined_name  # noqa: F821


def for_ever(x):
    while True:
        try:
            x = x + 1
        except Exception:
            continue


def stubborn(x):
    while True:
        try:
            x = x + 1
        except:  # noqa: E722  (what a learner may write)
            return 2 * x


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: None, "double returned None"),
        (prints, "prints its answer and returns None"),
        (lambda: 1, "cannot be called as the task asks"),
        (5.0, "double is no longer a function: 'float' object is not callable"),
        (lambda x: x + None, "TypeError in your line"),
        (lambda x: 10**5000, "expected (3,), got ()"),
        (lambda x: [10**5000], "expected (3,), got (1,)"),
        (lambda x: 2 * x + 1j, "expected floats, got dtype complex128"),
        (lambda x: np.append(x, 0.0), "expected (3,), got (4,)"),
        (lambda x: (2 * x).astype(int), "expected floats, got dtype int64"),
        (lambda x: x * np.nan, "3 of the numbers are NaN"),
        (lambda x: x + 2, "the value is off\nexpected: ["),
        (in_place, "your code changes its input x"),
        (crashes, "NameError in your line"),
        (crashes, "return 2 * row + undefined_name"),
        (lambda x: {1, 2}, "returned something of type set"),
        (lambda x: object(), "returned something of type object"),
        (lambda x: "2x", "expected (3,), got ()"),
        (lambda x: exit(), "SystemExit"),
        (lambda x: x.nothing, "AttributeError"),
    ],
)
def test_what_a_learner_is_told(answer, words):
    assert words in told(answer)


def test_a_stub_gets_nothing_and_is_told_that_it_is_a_stub():
    def double(x):
        raise NotImplementedError("write your answer here")

    report = grade(doubling(), double)
    assert report.points == 0
    assert "double is not written yet" in tell(report)


def test_the_stub_that_is_missing_is_named():
    def half_of_it(x):
        raise NotImplementedError("write your answer here")

    assert "half_of_it is not written yet, and double needs it" in told(lambda x: half_of_it(x) * 2)


def test_an_error_that_cannot_say_what_it_is():
    class Silent(Exception):
        def __str__(self):
            raise ValueError

    def fails(x):
        raise Silent

    assert "Silent in your line" in told(fails)


def test_an_error_inside_a_helper_is_not_blamed_on_the_call():
    seen = observe(lambda learner, case: learner(), lambda: first_of(3), {})
    assert seen.error["type"] == "TypeError"
    assert not seen.error["arguments"]
    seen = observe(lambda learner, case: probing.call(float, learner), [], {})
    assert not seen.error["arguments"]


def test_the_share_of_cases_gives_the_points():
    def short_only(x):
        return 2 * x if len(x) < 100 else x

    report = grade(doubling(), short_only)
    assert (report.passed, report.total, report.points) == (2, 4, 2)
    assert tell(report).startswith("passed 2 of 4\ninput:    x = array of shape (200,)")


def test_a_right_answer_gets_one_line():
    assert told(lambda x: x + x) == "passed all 4 · 4 of 4 points"


@pytest.mark.parametrize("loop", [for_ever, stubborn])
def test_an_endless_loop_is_stopped(loop, monkeypatch):
    monkeypatch.setattr("helpers.checks.task.TIME_LIMIT", 0.4)
    begin = probing.now()
    report = grade(doubling(), loop)
    assert probing.now() - begin < 3
    assert report.points < 4


def test_who_runs_out_of_time_is_told_the_line_that_ran(monkeypatch):
    monkeypatch.setattr("helpers.checks.task.TIME_LIMIT", 0.4)
    words = told(lambda x: for_ever(x))
    assert "was stopped in your line" in words
    assert "Is there a loop that does not end" in words


def test_a_library_that_loads_slowly_is_no_endless_loop(monkeypatch, tmp_path):
    home = tmp_path / "site-packages"
    home.mkdir()
    (home / "slow_library.py").write_text("import time\ntime.sleep(5)\n", encoding="utf-8")
    monkeypatch.syspath_prepend(home)
    monkeypatch.setattr("helpers.checks.task.TIME_LIMIT", 0.4)

    def imports(x):
        import slow_library

        return slow_library.twice(x)

    words = told(imports, hints={"TimeIsUp": "Is every row visited once?"})
    assert "import slow_library" in words
    assert "The time was up while this line loaded a library" in words
    assert "loop" not in words
    assert "Is every row visited once" not in words
    assert "Is every row visited once" in told(for_ever, hints={"TimeIsUp": "Is every row visited once?"})


def test_after_a_failed_case_an_endless_one_is_stopped_sooner(monkeypatch):
    monkeypatch.setattr("helpers.checks.task.SHORT_LIMIT", 0.3)
    begin = probing.now()
    report = grade(doubling(), lambda x: x if len(x) < 100 else for_ever(x))
    assert probing.now() - begin < 3
    assert report.points == 0
    assert "the value is off" in tell(report)


def test_the_time_limit_works_in_a_thread():
    seen = []
    case = {"x": np.ones(2)}

    def run():
        seen.append(observe(lambda learner, case: learner(case["x"]), for_ever, case, seconds=0.3))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert seen[0].timed_out


def test_warnings_and_printed_text_stay_inside(capfd):
    logger = logging.getLogger("noisy")
    logger.addHandler(logging.StreamHandler())  # made before the check, it knows the real standard error

    def noisy(x):
        import sys
        import warnings

        logger.warning("careful")
        warnings.warn("careful", stacklevel=1)
        print("hello", file=sys.stderr)
        print("word " * 10_000)
        return 2 * x

    assert grade(doubling(), noisy).complete
    assert capfd.readouterr() == ("", "")
    logger.warning("heard again")
    assert capfd.readouterr().err == "heard again\n"


def test_a_loop_over_rows_is_seen():
    rule = blocks.no_loop_over_rows(lambda case: len(case["x"]))

    def loops(x):
        out = np.empty_like(x)
        for i in range(len(x)):
            out[i] = 2 * x[i]
        return out

    def hidden_loop(x):
        return np.array([2 * value for value in x])

    assert "a loop over the rows" in told(loops, rule, counting=True)
    assert "a loop over the rows" in told(hidden_loop, rule, counting=True)
    assert "passed all" in told(lambda x: np.multiply(x, 2), rule, counting=True)


def test_inputs_that_must_be_refused():
    task = Task(
        id="demo/root",
        points=1,
        cases=lambda rng: [{"x": 4.0}, blocks.raises(ValueError, because="x is negative", x=-1.0)],
        probe=lambda learner, case: probing.call(learner, case["x"]),
        verdict=all_of(blocks.close_to(lambda case: case["x"] ** 0.5)),
    )

    def refuses(x):
        if x < 0:
            raise ValueError(f"x must not be negative: {x}")
        return x**0.5

    def wrong_error(x):
        if x < 0:
            raise KeyError(x)
        return x**0.5

    class TooSmall(ValueError):
        pass

    def refuses_in_its_own_words(x):
        if x < 0:
            raise TooSmall(x)
        return x**0.5

    assert grade(task, refuses).complete
    assert grade(task, refuses_in_its_own_words).complete
    assert "x is negative: expected a ValueError, but it returned" in tell(
        grade(task, lambda x: abs(x) ** 0.5)
    )
    assert "expected a ValueError, but KeyError came" in tell(grade(task, wrong_error))
    assert "it returned a ValueError; use raise" in tell(
        grade(task, lambda x: x**0.5 if x > 0 else ValueError("bad"))
    )


@pytest.mark.parametrize(
    ("message", "passes"),
    [
        ("got -1", True),
        ("x=-1, but x ≥ 0", True),
        ("-1", True),
        ("error", False),
        ("got 1", False),
        ("-10", False),
    ],
)
def test_an_error_that_has_to_name_a_number(message, passes):
    def refuses(x):
        raise ValueError(message)

    task = Task(
        id="demo/names",
        points=1,
        cases=lambda rng: [blocks.raises(ValueError, because="x is below 0", names=-1, x=-1)],
        probe=lambda learner, case: probing.call(learner, case["x"]),
        verdict=all_of(),
    )
    report = grade(task, refuses)
    assert report.complete == passes
    assert passes or "The message does not name -1, the number that was given" in tell(report)


def test_a_name_that_holds_none():
    def answer(x):
        return np.random.default_rng(0).shuffle(x)[0]

    assert "What works in place returns None" in told(answer)


def test_comparisons_that_need_parentheses():
    words, n = "needs parentheses", np.arange(3)
    assert words in told(lambda x: x[n == 1 & n == 2])
    assert words not in told(lambda x: x if (n == 1) & (n == 2) else 2 * x)


@pytest.mark.parametrize(("k", "n"), [(5, 2), (0, 0)])
def test_a_hint_for_the_first_words_of_an_error(k, n):
    words, hints = "n is the number of all", find_task("baselines_and_metrics/against_baseline").hints
    assert words in told(lambda x: binomtest(k, n), hints=hints)
    assert words not in told(lambda x: x.reshape(7), hints=hints)


def test_what_the_judge_expects_never_reaches_the_learner():
    keys = []
    task = Task(
        id="demo/spy",
        points=1,
        cases=lambda rng: [blocks.raises(ValueError, because="x is 0", hint="no", names=0, x=0)],
        probe=lambda learner, case: keys.extend(case) or learner(case["x"]),
        verdict=all_of(),
    )
    grade(task, lambda x: x)
    assert keys == ["x"]


def test_the_same_seed_gives_the_same_cases():
    def first(seed):
        seen = []
        grade(doubling(), lambda x: seen.append(x.copy()), seed=seed)
        return seen[0]

    assert np.array_equal(first(3), first(3))
    assert not np.array_equal(first(3), first(4))


def test_only_plain_data_crosses():
    class Clever:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert to_plain((np.int64(3), [Clever()])) == [3, [{"not plain": "tests.Clever"}]]
    assert type_that_is_not_plain(to_plain({"a": np.array([object()])})) == "array with dtype object"
    endless: list = []
    endless.append(endless)
    assert type_that_is_not_plain(to_plain(endless)) == "a structure nested too deeply"


def test_equality_of_plain_data():
    assert same_plain({"a": [1, np.arange(3)]}, {"a": [1, np.arange(3)]})
    assert same_plain(float("nan"), float("nan"))
    assert not same_plain(np.arange(3), np.arange(3.0))
    assert not same_plain([1], [1, 2])
    assert not same_plain(1, True)


def test_a_rule_that_cannot_read_the_answer_does_not_crash():
    task = doubling(Rule(lambda case, value: f"{value[7]}", lambda case, value: value["key"] == 1))
    assert "unexpected form" in tell(grade(task, lambda x: 2 * x))


def spying(*verdicts) -> Task:
    """A task whose probe saw more than the answer."""
    return Task(
        id="demo/spy",
        points=1,
        cases=lambda rng: [{"x": 1.0}],
        probe=lambda learner, case: probing.Seen(learner(case["x"]), calls=[1, 2], secret="ours"),
        verdict=all_of(*verdicts),
    )


@verdict
def one_call_and_a_half(case, value):
    if value["answer"] + 1 != 1.5:
        raise Wrong(f"got {value['answer']}", "Half of it.")
    if len(value["calls"]) != 2:
        raise Wrong("two calls are needed")


def test_a_verdict_reads_the_answer_and_what_the_probe_saw():
    assert grade(spying(one_call_and_a_half), lambda x: x / 2).complete
    assert tell(grade(spying(one_call_and_a_half), lambda x: x)).endswith("got 1.0\nhint: Half of it.")


@pytest.mark.parametrize("answer", ["text", [1, 2], {"a": 1}])
def test_an_unreadable_answer_is_shown_without_what_the_probe_saw(answer):
    told = tell(grade(spying(one_call_and_a_half), lambda x: answer))
    assert f"the answer has an unexpected form: got {short(answer)}" in told
    assert "ours" not in told
    assert "calls" not in told


def test_what_a_probe_saw_cannot_stand_for_a_missing_answer():
    assert "returned None" in tell(grade(spying(), lambda x: None))
    assert "something of type set" in tell(grade(spying(), lambda x: {1}))


def two_parts(**options) -> Task:
    """A formula task: the sum and the mean of x, with a slip for the whole and one for a part."""
    return formula_task(
        "demo/two",
        "two(x)",
        1,
        lambda rng: [{"x": rng.normal(size=n)} for n in (1, 5)],
        lambda x: (x.sum(), x.mean()),
        [
            slip(lambda x: (x.mean(), x.sum()), "they have changed places", "The sum comes first."),
            slip(lambda x: x.sum() / (len(x) - 1), "n - 1", "Count them.", part="mean"),
        ],
        {"sum": "Add them.", "mean": "All count the same."},
        **options,
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: (x.mean(), x.sum()), "they have changed places\nhint: The sum comes first."),
        (lambda x: [x.sum(), x.sum() / max(1, len(x) - 1)], "n - 1\nhint: Count them."),
        (lambda x: (x.sum(), x), "the shape of mean is wrong: expected (), got (1,)"),
        (lambda x: (x.sum(), 7.5), "the value of mean is off"),
        (lambda x: (7.5, 7.5), "sum and mean are off"),
        (lambda x: x.sum(), "expected sum, mean, got "),
        (lambda x: (x.sum(), "a"), "expected sum, mean, got "),
        (lambda x: np.array([x.sum(), x.mean()]), "expected sum, mean, got ["),
        (lambda x: (x.sum(), x.mean(), x.__imul__(2))[:2], "your code changes its input x"),
    ],
)
def test_a_formula_task_names_the_slip_or_the_part(answer, words):
    assert words in tell(grade(two_parts(), answer))


def test_right_answers_of_a_formula_task():
    assert grade(two_parts(), lambda x: [float(sum(x)), np.mean(x)]).complete
    assert grade(two_parts(), lambda x: (x.astype("f4").sum(), x.astype("f4").mean())).complete
    assert not grade(two_parts(single=False), lambda x: (x.sum(), np.float32(x.mean() * (1 + 3e-6)))).complete


@pytest.mark.parametrize(
    ("change", "words"),
    [("sum → mean", "in 2 of"), ("min → max", "in 0 of"), ("x.sum()", "no change"), ("y = … → …", "in 0 of")],
)
def test_a_change_fits_in_one_place(change, words):
    with pytest.raises(ValueError, match=words):
        changes.changed("a = x.sum()\nreturn a / a.sum()", change)


@pytest.mark.parametrize("text", ["a → b", "  words", "a → b\n  words\nc → d"])
def test_a_table_has_changes_and_words(text):
    with pytest.raises(ValueError, match=r"no (words|change)"):
        changes.table("\n" + text)


def test_a_line_an_end_and_a_new_line():
    text = "    a = 1\n    aa = 1  # one\n    return aa"
    assert changes.changed(text, "a = 1 → a = 2").startswith("    a = 2\n    aa = 1")
    assert changes.changed(text, r"aa = … → …\nb = 3").splitlines()[1:3] == ["    aa = 1  # one", "    b = 3"]


def test_a_slip_of_a_part_leaves_the_others_to_the_learner():
    (one,) = slips_of(_both, "mean: len(x) → 2\n  halved\n  Count.", ["sum", "mean"])
    assert (one.formula([1.0, 2.0, 6.0]), one.what, one.hint, one.part) == (4.5, "halved", "Count.", "mean")


def _both(x):
    return sum(x), sum(x) / len(x)


def test_right_parts_in_another_order_are_told_so():
    task = formula_task(
        "demo/both", "both(x)", 1, lambda rng: [{"x": [1.0, 2.0]}], _both, [], {"a": "", "b": ""}
    )
    assert "in another order" in tell(grade(task, lambda x: _both(x)[::-1]))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: [x + k for k in range(len(x) - 1)], "expected a list of 2 arrays, got ["),
        (lambda x: [x + k for k in range(len(x))][::-1], "what came is right, but in another order"),
        (
            lambda x: [x[:1], *(x + k for k in range(1, len(x)))],
            "array 0 is wrong: expected (2,), got (1,)\nhint: One.",
        ),
        (
            lambda x: [x, *(x + k + 1 for k in range(1, len(x)))],
            "array 1 is off\nexpected: [2. 2.]\ngot:      [3. 3.]\nhint: One.",
        ),
    ],
)
def test_one_hint_serves_for_a_list_of_any_length(answer, words):
    def right(x):
        return [x + k for k in range(len(x))]

    cases = [{"x": np.ones(n)} for n in (2, 4)]
    task = formula_task("demo/list", "f(x)", 1, lambda rng: cases, right, [], "One.")
    assert grade(task, right).complete
    assert words in tell(grade(task, answer))


def test_a_slip_of_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="a slip is of 'median'"):
        formula_task("demo/a", "a(x)", 1, list, np.sum, [slip(np.sum, "", "", part="median")], {"sum": ""})


def test_a_slip_is_not_seen_in_small_numbers_by_chance():
    task = formula_task(
        "demo/tiny",
        "tiny(x)",
        1,
        lambda rng: [{"x": 3.0}],
        lambda x: x,
        [slip(lambda x: x * 1e-12, "tiny", "")],
        "",
    )
    assert "tiny\n" not in tell(grade(task, lambda x: 0.0))
    assert "\ntiny" in tell(grade(task, lambda x: x * 1e-12))


def test_numbers_that_print_alike_are_told_apart():
    task = doubling()
    assert "the largest difference is 1e-07" in tell(grade(task, lambda x: 2 * x + 1e-7))


@pytest.mark.parametrize("kind", [float, int, bool])
def test_in_a_long_array_the_first_place_that_is_off_is_named(kind):
    want = np.zeros((30, 3), kind)
    got = want.copy()
    got[4:, 1] = 1
    at = f"first at [4, 1]: expected {short(want[4, 1].item())}, got {short(got[4, 1].item())}"
    assert blocks.expected_and_got(want, got).endswith(at)
    assert "first at" not in blocks.expected_and_got(want[:2], got[:2])
    assert "first at" not in blocks.expected_and_got(want, got[:9])
    assert "first at [4, 1]" in blocks.expected_and_got(want, np.where(got, np.nan, 0))


@pytest.mark.parametrize("x", [2.0, np.ones(3)])
def test_a_hat_is_no_power(x):
    told = tell(grade(doubling(), lambda _: x ^ 2))
    assert "`**` is" in told


def test_float32_is_right_and_float16_is_not():
    assert grade(doubling(), lambda x: (2 * x.astype("f4")).astype(float)).complete
    assert not grade(doubling(), lambda x: 2 * x.astype("f2")).complete
    assert not grade(doubling(), lambda x: np.round(2 * x, 4)).complete


class TestRandomness:
    @staticmethod
    def task(*rules) -> Task:
        return Task(
            id="demo/order",
            points=1,
            cases=lambda rng: [{"n": 20, "seed": randomness.new_seed(rng)}],
            probe=lambda learner, case: randomness.drawn(
                lambda rng: learner(case["n"], rng), case["seed"], next_too=True
            ),
            verdict=all_of(*rules),
        )

    rules = (
        randomness.same_again("order"),
        randomness.other_seed_differs("order"),
        randomness.next_differs("order"),
    )

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (lambda n, rng: np.random.default_rng().permutation(n), "Your code drew nothing from `rng`."),
            (lambda n, rng: np.arange(n), "Nothing was drawn from the `rng` that is passed."),
            (
                lambda n, rng: np.sort(rng.permutation(n)),
                "same order hint: Numbers were drawn from `rng`, but the order does not depend on them",
            ),
            (
                lambda n, rng: copy.deepcopy(rng).permutation(n),
                "two calls with one generator give the same order",
            ),
            (lambda n, rng: rng.permutation(n), "passed all"),
            (lambda n, rng: (i for i in rng.permutation(n)), "passed all"),
        ],
    )
    def test_the_generator_decides(self, answer, words):
        assert words in " ".join(tell(grade(self.task(*self.rules), answer)).split())

    def test_each_draw_is_judged(self):
        @verdict
        @randomness.in_each_draw
        def starts_with_a_small_one(case, order):
            if order[0] > 2:
                raise Wrong(f"starts with {order[0]}")

        assert "starts with" in tell(
            grade(self.task(starts_with_a_small_one), lambda n, rng: rng.permutation(n))
        )

    @pytest.mark.parametrize(
        "shuffle",
        [
            lambda rng: np.roll(np.arange(20), rng.integers(20)),
            lambda rng: np.arange(20).reshape(5, 4)[rng.permutation(5)].ravel(),
            lambda rng: np.arange(20) ^ rng.integers(2),
        ],
    )
    def test_orders_that_are_hardly_shuffled(self, shuffle):
        assert randomness.hardly_shuffled([shuffle(np.random.default_rng(seed)) for seed in range(6)], 20)

    def test_a_fair_shuffle_is_never_refused(self):
        rng = np.random.default_rng(0)
        assert not any(
            randomness.hardly_shuffled([rng.permutation(12) for _ in range(6)], 12) for _ in range(3000)
        )


@pytest.mark.parametrize("value", [0.1, [1, 2], {"a": np.zeros(500)}, "text" * 100, np.arange(24), None])
def test_short_is_short(value):
    assert len(short(value)) <= 130


def test_short_shows_what_a_learner_would_write():
    assert short(np.array(["benign"] * 40)).startswith("array of shape (40,): 'benign', 'benign'")
    assert short(np.zeros(40, bool)).startswith("array of shape (40,): False, False")
    assert short(np.array(4.0)) == "4"
    assert short(np.arange(12_345, 12_400)).startswith("array of shape (55,): 12345, 12346")
    assert short(10**5000) == "a whole number of 16610 bits"


def test_only_real_numbers_are_close_to_numbers():
    assert blocks.close(np.array([1, 2]), [1.0, 2.0])
    assert not blocks.close(np.array(["1.0", "2.0"]), [1.0, 2.0])
    assert not blocks.close(np.array([1.0 + 3j, 2.0]), [1.0, 2.0])


def test_the_row_whose_slopes_do_not_sum_to_0_is_named():
    task = find_task("backward/soft_cross_entropy_backward")

    def wrong_in_the_last_row(logits, targets, T):
        p = np.exp((logits - logits.max(axis=1, keepdims=True)) / T)
        d = (p / p.sum(axis=1, keepdims=True) - targets) / (T * len(p))
        d[-1, 0] += len(p) > 1
        return d

    assert "the slopes of row 3 sum to 1, expected 0" in tell(grade(task, wrong_in_the_last_row))


def test_lines_are_broken_between_words_and_under_each_other():
    lines = wrap("hint: " + "a word and another one, " * 12).split("\n")
    assert len(lines) > 2
    assert all(len(line) <= WIDTH for line in lines)
    assert all(line.startswith("      a") or line[6].isalpha() for line in lines[1:])
    assert wrap("short") == "short"


@pytest.mark.parametrize(
    "piece", ["`raise ValueError(n, k)`", "(1797, 64)", "[0.25 -1.5 12.75]", "-0.4469, …", "9: 0.9563"]
)
def test_values_and_code_are_not_broken(piece):
    for before in range(60, 90):
        assert piece in wrap("expected: " + "x" * before + f" {piece} and more words after it")


def test_the_learners_line_is_not_broken():
    def long_line(x):
        return x + np.ones(len(x) + 1) + np.ones(len(x) + 2) + np.ones(len(x) + 3) + np.ones(len(x) + 4)

    assert "np.ones(len(x) + 3) + np.ones(len(x) + 4)\n" in told(long_line)


def test_what_a_probe_saw_beside_the_answer_is_not_shown():
    task = find_task("data_splits/stratified_holdout")
    for answer in (["a", ["b"]], {"train": [1]}, "rows", 7, [[[1], 2], 3], [np.zeros((2, 2)), np.zeros(1)]):
        report = grade(task, lambda y, test_size, rng, answer=answer: answer)
        assert report.points == 0
        assert "again" not in tell(report)
        assert "others" not in tell(report)
        assert "unexpected form" not in tell(report)


class Here:
    """`check` finds the demo task as if it were in the course."""

    @pytest.fixture(autouse=True)
    def demo_task(self, monkeypatch):
        monkeypatch.setattr(notebook, "find_task", lambda task_id: doubling())


class TestInANotebook(Here):
    def test_failure_ends_in_one_line(self, capsys):
        with pytest.raises(CheckFailed) as failed:
            notebook.check("demo/double", lambda x: x)
        assert len(failed.value._render_traceback_()) == 1
        assert capsys.readouterr().out.startswith("passed 0 of 4\n")

    def test_success_returns_the_points_and_shows_no_number(self, capsys):
        points = notebook.check("demo/double", lambda x: 2 * x)
        assert points == 4
        assert points._ipython_display_() is None
        assert capsys.readouterr().out == "passed all 4 · 4 of 4 points\n"

    def test_a_slow_answer_is_not_waited_for_in_silence(self, monkeypatch, capsys):
        monkeypatch.delenv("HELPERS_PROGRESS", raising=False)
        with notebook.patience(after=0.02), contextlib.redirect_stdout(io.StringIO()):
            time.sleep(0.2)
        assert capsys.readouterr().out == "still running; an answer that does not end is stopped after 10 s\n"
        with notebook.patience(after=0.2):
            pass
        time.sleep(0.3)
        assert capsys.readouterr().out == ""

    def test_where_progress_is_not_wanted_a_slow_machine_prints_no_more_than_a_fast_one(
        self, monkeypatch, capsys
    ):
        monkeypatch.setenv("HELPERS_PROGRESS", "0")
        with notebook.patience(after=0.02):
            time.sleep(0.2)
        assert capsys.readouterr().out == ""


class TestWhileNbgraderGrades(Here):
    def test_points_come_back_as_a_plain_number(self, monkeypatch, capsys):
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
        points = notebook.check("demo/double", lambda x: 2 * x if len(x) < 100 else x)
        assert type(points) is float
        assert repr(points) == "2.0"
        assert "hint: Twice the input." in capsys.readouterr().out


def test_unknown_tasks_are_named():
    with pytest.raises(ValueError, match="data_splits has data_splits/"):
        find_task("data_splits/no_such_task")
    with pytest.raises(ValueError, match="there are exercises for"):
        find_task("no_lesson/task")


def test_a_renamed_answer_is_named():
    namespace = {"hold_out": grade, "In": [], "np": np}
    assert "You have `hold_out`" in missing_name("holdout", namespace)
    assert "Run the cell above" in missing_name("k_fold", namespace)


def test_numbers_are_read_back_from_what_was_told():
    assert read(told(lambda x: x)) == (0, 4)
    assert read(told(lambda x: 2 * x)) == (4, 4)
