"""Task 3: an episode of Q-learning. The moves are written down, and the verdict learns from them again."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import beyond_chance, drawn, draws, new_seed, other_seed_differs, same_again
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
Move = list[Any]  # state, action, reward, next state, end
Worth = Callable[[Array, int, bool, int | None], float]  # of (Q, next state, end, next action)
S, A = 9, 4  # states and actions


def _cases(rng: np.random.Generator) -> list[Case]:
    """A way to the end; broken off; the end with the last move; three without end: greedy, both, chance."""
    return [
        _world(rng, S - 1, limit=30, eps=0.0),
        _world(rng, S - 1, limit=5, eps=0.0),
        _world(rng, S - 1, limit=S - 1, eps=0.5),
        _world(rng, None, limit=60, eps=0.0),
        _world(rng, None, limit=300, eps=0.4),
        _world(rng, None, limit=300, eps=1.0),
    ]


def _world(rng: np.random.Generator, end: int | None, limit: int, eps: float) -> Case:
    """With an end, each move leads one state on, until there; without, moves lead anywhere."""
    one_on = np.repeat(np.minimum(np.arange(S) + 1, S - 1)[:, None], A, axis=1)
    return {
        "Q": rng.uniform(3, 9, size=(S, A)).round(2),
        "s": 0,
        "limit": limit,
        "alpha": round(float(rng.uniform(0.2, 0.4)), 2),
        "gamma": round(float(rng.uniform(0.6, 0.8)), 2),
        "eps": eps,
        "next_state": one_on if end else rng.integers(S, size=(S, A)),
        "reward": rng.integers(-5, 2, size=(S, A)),
        "end": end,
        "seed": new_seed(rng),
    }


def _probe(learner: Any, case: Case) -> Seen:
    """The answers of several generators, and beside each its moves; those of `again` come last."""
    logs: list[list[Move]] = []
    seen = drawn(lambda rng: _run(learner, case, rng, logs), case["seed"])
    seen.value["logs"] = logs
    return seen


def _run(learner: Any, case: Case, rng: np.random.Generator, logs: list[list[Move]]) -> Any:
    moves: list[Move] = []
    logs.append(moves)

    def step(s: int, a: int) -> tuple[int, int, bool]:
        here = moves[-1][3] if moves else case["s"]
        if moves and moves[-1][4]:
            raise ValueError(f"step was called after the end, which move {len(moves)} had reached")
        if len(moves) == case["limit"]:
            raise ValueError(f"step was called {len(moves) + 1} times, and limit is {len(moves)}")
        if np.ndim(s) or s != here:
            raise ValueError(f"step was called for another state than {here}, where the agent is")
        if np.ndim(a) or a not in range(case["Q"].shape[1]):
            raise ValueError("step takes one action, the number of a column of Q")
        s, a = int(s), int(a)
        r, s_next = int(case["reward"][s, a]), int(case["next_state"][s, a])
        moves.append([s, a, r, s_next, s_next == case["end"]])
        return r, s_next, s_next == case["end"]

    step.__qualname__ = "step"  # so it is called when a call does not fit
    settings = (case[name] for name in ("limit", "alpha", "gamma", "eps"))
    return call(learner, case["Q"], case["s"], step, *settings, rng)


def _learnt(case: Case, moves: list[Move], worth: Worth) -> Iterator[Array]:
    """The table before each move, and after the last one."""
    Q = case["Q"].copy()
    for number, (s, a, r, s_next, end) in enumerate(moves):
        yield Q.copy()
        following = moves[number + 1][1] if number + 1 < len(moves) else None
        target = r + case["gamma"] * worth(Q, s_next, end, following)
        Q[s, a] += case["alpha"] * (target - Q[s, a])
    yield Q


def _right(Q: Array, s: int, end: bool, following: int | None) -> float:
    return 0.0 if end else float(Q[s].max())


# What else people take for the worth of the next state.
FAULTS: dict[Worth, tuple[str, str]] = {
    lambda Q, s, end, following: float(Q[s].max()): (
        "the last move, to the end, was corrected as if something came after it",
        "Q has a row for the end, too, but nobody acts there.",
    ),
    lambda Q, s, end, following: 0.0 if end or following is None else float(Q[s].max()): (
        "the last move before the episode was broken off was corrected as if nothing came after it",
        "Breaking off is not the end: `end` was False, and the state has a future.",
    ),
    lambda Q, s, end, following: (
        0.0 if end else float(Q[s].max() if following is None else Q[s, following])
    ): (
        "the worth of a next state is that of the action that was taken there",
        "That is SARSA. What does Q-learning take?",
    ),
}


@verdict
def _learns(case: Case, value: Any) -> None:
    for answer, moves in zip(draws(value), value["logs"], strict=False):
        if not isinstance(answer, list) or len(answer) != 2 or np.shape(answer[0]) != (S, A):
            what = f"expected the table, of shape {(S, A)}, and a number; got {short(answer)}"
            raise Wrong(what, "End with `return Q, earned`.")
        if not moves or not (moves[-1][4] or len(moves) == case["limit"]):
            what = (
                f"the episode stopped after {len(moves)} moves: not at the end, and limit is {case['limit']}"
            )
            raise Wrong(what, "It goes on until `end` is True, or `limit` moves were made.")
        got, total = np.asarray(answer[0]), sum(move[2] for move in moves)
        *_, want = _learnt(case, moves, _right)
        if not close(got, want):
            _explain(case, got, want, moves)
        if not close(answer[1], total):
            what = f"the rewards of the moves sum to {total}, and earned is {short(answer[1])}"
            raise Wrong(what, "All rewards of the episode are added, as they are.")


def _explain(case: Case, got: Array, want: Array, moves: list[Move]) -> None:
    """Say what is wrong with a table: a known fault, or the first move whose number is off."""
    for worth, words in FAULTS.items():
        *_, wrong = _learnt(case, moves, worth)
        if close(got, wrong):
            raise Wrong(*words)
    hint = "Numbers have changed that belong to no move."
    for number, (s, a, r, s_next, end) in reversed(list(enumerate(moves, start=1))):
        if not np.isclose(got[s, a], want[s, a], rtol=1e-5):
            hint = f"Move {number} was action {a} in state {s}, with the reward {r}, to state {s_next}"
            hint += f"{', the end' if end else ''}. The number of this action is off."
    raise Wrong(f"the table is off\n{expected_and_got(want, got)}", hint)


@verdict
def _acts(case: Case, value: Any) -> None:
    explored, actions = [], []
    for moves in value["logs"][:-1]:
        for number, (Q, (s, a, *_)) in enumerate(
            zip(_learnt(case, moves, _right), moves, strict=False), start=1
        ):
            explored.append(bool(Q[s, a] < Q[s].max() - 1e-9))
            actions.append(a)
            if not case["eps"] and explored[-1]:
                what = f"eps is 0, and move {number} took action {a} in state {s}, whose row was then "
                hint = "Without chance the action is one with the largest number in the row."
                if case["Q"][s, a] == case["Q"][s].max():
                    hint = "In the table that was passed it was the best one. Since then the row has changed."
                raise Wrong(what + short(Q[s]), hint)
    if not case["eps"] or len(actions) < 100:
        return
    shares = np.bincount(actions, minlength=A) / len(actions)
    if case["eps"] == 1 and any(beyond_chance(np.equal(actions, a), 1 / A) for a in range(A)):
        what = f"eps is 1, and the actions were taken in these shares: {short(shares.round(3))}"
        raise Wrong(what, "Each column is drawn equally often.")
    if beyond_chance(explored, expected := case["eps"] * (1 - 1 / A)):
        what = f"{np.mean(explored):.0%} of {len(actions)} moves took another action than the best; "
        hint = f"With probability {case['eps']:g} the action is one of all {A}, the best among them."
        raise Wrong(what + f"expected about {expected:.0%}", hint)


episode = Task(
    "generative_and_meta/episode",
    points=4,
    signature="episode(Q, s, step, limit, alpha, gamma, eps, rng)",
    cases=_cases,
    probe=_probe,
    show=("Q", "s", "limit", "alpha", "gamma", "eps"),
    hints={
        "ValueError: step was called after": "When `end` is True, the episode is over.",
        "ValueError: step was called for": "After a move, the agent is in the state that `step` gave.",
        "ValueError: step was called": "Broken off means: no move after that many.",
        "ValueError: step takes": "An action is a place in a row of Q, counted from 0.",
        "TypeError: step()": "`step(s, a)`: the state where the agent is, and the action.",
    },
    verdict=all_of(
        leaves_input_unchanged("Q"),
        _learns,
        same_again("episode"),
        other_seed_differs("episode", unless=lambda case: not case["eps"] or case["end"] is not None),
        _acts,
    ),
)
