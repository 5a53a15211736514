"""Task 3: an episode of Q-learning. The moves are written down, and the verdict learns from them again."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.plain import same_plain, short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import beyond_chance, new_seed
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
Worth = Callable[[Array, int, bool, int | None], float]  # of (Q, next state, end, next action)
NUM_STATES, NUM_ACTIONS = 9, 4


def _cases(rng: np.random.Generator) -> list[Case]:
    """A way to the end; one that is broken off; greedy, by chance alone, and both, in a maze without end."""
    return [
        _world(rng, "corridor", limit=30, eps=0.0),
        _world(rng, "corridor", limit=5, eps=0.0),
        _world(rng, "corridor", limit=NUM_STATES - 1, eps=0.5),  # the end comes with the last move
        _world(rng, "maze", limit=60, eps=0.0),
        _world(rng, "maze", limit=300, eps=1.0),
        _world(rng, "maze", limit=300, eps=0.4),
    ]


def _world(rng: np.random.Generator, kind: str, limit: int, eps: float) -> Case:
    """In the corridor each move leads one state on, to the last, which is the end; the maze has no end."""
    shape = NUM_STATES, NUM_ACTIONS
    next_state = rng.integers(NUM_STATES, size=shape)
    if kind == "corridor":
        next_state = np.repeat(np.minimum(np.arange(NUM_STATES) + 1, NUM_STATES - 1)[:, None], NUM_ACTIONS, 1)
    return {
        "Q": rng.uniform(3, 9, size=shape).round(2),
        "s": 0,
        "limit": limit,
        "alpha": round(float(rng.uniform(0.2, 0.4)), 2),
        "gamma": round(float(rng.uniform(0.6, 0.8)), 2),
        "eps": eps,
        "next_state": next_state,
        "reward": -rng.integers(1, 6, size=shape) - (kind == "maze"),
        "end": NUM_STATES - 1 if kind == "corridor" else None,
        "seed": new_seed(rng),
    }


def _probe(learner: Any, case: Case) -> Seen:
    """The answers of several generators, the first one twice, each with its moves."""
    runs = [_run(learner, case, case["seed"] + i) for i in (0, 0, 1, 2, 3, 4)]
    return Seen(runs[0]["answer"], runs=runs)


def _run(learner: Any, case: Case, seed: int) -> dict[str, Any]:
    moves: list[list[Any]] = []  # state, action, reward, next state, end
    limit, end = case["limit"], case["end"]

    def step(s: int, a: int) -> tuple[int, int, bool]:
        here = moves[-1][3] if moves else case["s"]
        if moves and moves[-1][4]:
            raise ValueError(f"step was called after the end, which move {len(moves)} had reached")
        if len(moves) == limit:
            raise ValueError(f"step was called {limit + 1} times, and limit is {limit}")
        if np.ndim(s) or s != here:
            raise ValueError(f"step was called for another state than {here}, where the agent is")
        if np.ndim(a) or a not in range(case["Q"].shape[1]):
            raise ValueError("step takes one action, the number of a column of Q")
        s, a = int(s), int(a)
        r, s_next = int(case["reward"][s, a]), int(case["next_state"][s, a])
        moves.append([s, a, r, s_next, s_next == end])
        return r, s_next, s_next == end

    step.__qualname__ = "step"  # so it is called when a call does not fit
    settings = (case[name] for name in ("limit", "alpha", "gamma", "eps"))
    answer = call(learner, case["Q"], case["s"], step, *settings, np.random.default_rng(seed))
    return {"answer": answer, "moves": moves}


def _learnt(case: Case, moves: list[Any], worth: Worth) -> Iterator[tuple[Array, list[Any], Array]]:
    """For each move the table before it, the move, and the table after it."""
    Q, gamma = case["Q"], case["gamma"]
    for number, move in enumerate(moves):
        s, a, r, s_next, end = move
        following = moves[number + 1][1] if number + 1 < len(moves) else None
        target = r + gamma * worth(Q, s_next, end, following)
        before, Q = Q, Q.copy()
        Q[s, a] += case["alpha"] * (target - Q[s, a])
        yield before, move, Q


def _right(Q: Array, s: int, end: bool, following: int | None) -> float:
    return 0.0 if end else float(Q[s].max())


# What else people take for the worth of the next state.
FAULTS: list[tuple[Worth, str, str]] = [
    (
        lambda Q, s, end, following: float(Q[s].max()),
        "the last move, to the end, was corrected as if something came after it",
        "Q has a row for the end, too, but nobody acts there.",
    ),
    (
        lambda Q, s, end, following: 0.0 if end or following is None else float(Q[s].max()),
        "the last move before the episode was broken off was corrected as if nothing came after it",
        "Breaking off is not the end: `end` was False, and the state has a future.",
    ),
    (
        lambda Q, s, end, following: (
            0.0 if end else float(Q[s].max() if following is None else Q[s, following])
        ),
        "the worth of a next state is that of the action that was taken there",
        "That is SARSA. What does Q-learning take?",
    ),
    (
        lambda Q, s, end, following: 0.0 if end else float(Q[s].mean()),
        "the worth of a next state is the mean of its row",
        "Which action does Q-learning expect there?",
    ),
    (
        lambda Q, s, end, following: 0.0,
        "the future counts nothing in the table",
        "The target is the reward and, discounted, the worth of the next state.",
    ),
]


@verdict
def _walked(case: Case, value: Any) -> None:
    for run in value["runs"]:
        moves, answer = run["moves"], run["answer"]
        if not isinstance(answer, list) or len(answer) != 2 or np.shape(answer[0]) != case["Q"].shape:
            what = f"expected the table, of shape {case['Q'].shape}, and a number; got {short(answer)}"
            raise Wrong(what, "End with `return Q, earned`.")
        if not moves or not (moves[-1][4] or len(moves) == case["limit"]):
            what = (
                f"the episode stopped after {len(moves)} moves: not at the end, and limit is {case['limit']}"
            )
            raise Wrong(what, "Only one of the two ends it. Is a `return` inside the loop?")


@verdict
def _corrected(case: Case, value: Any) -> None:
    for run in value["runs"]:
        moves, (got, earned) = run["moves"], run["answer"]
        *_, (_, _, want) = _learnt(case, moves, _right)
        if not close(got, want):
            for worth, what, hint in FAULTS:
                *_, (_, _, wrong) = _learnt(case, moves, worth)
                if close(got, wrong):
                    raise Wrong(what, hint)
            both = expected_and_got(want, np.asarray(got))
            s, a, r, s_next, _ = moves[0]
            hint = f"The first move was action {a} in state {s}, with the reward {r}, to state {s_next}. "
            raise Wrong(f"the table is off\n{both}", hint + "Correct this one by hand.")
        total = sum(move[2] for move in moves)
        if not close(earned, total):
            what = f"the rewards of the moves sum to {total}, and earned is {short(earned)}"
            raise Wrong(what, "All rewards of the episode are added, as they are.")


@verdict
def _greedy(case: Case, value: Any) -> None:
    explored, actions = [], []
    for run in value["runs"][1:]:
        for number, (Q, move, _) in enumerate(_learnt(case, run["moves"], _right), start=1):
            s, a = move[:2]
            explored.append(bool(Q[s, a] < Q[s].max() - 1e-9))
            actions.append(a)
            if not case["eps"] and explored[-1]:
                what = f"eps is 0, and move {number} took action {a} in state {s}, whose row was then "
                best_before = case["Q"][s, a] == case["Q"][s].max()
                hint = "In the table that was passed it was the best one. Since then the row has changed."
                other = "Without chance the action is one with the largest number in the row."
                raise Wrong(what + short(Q[s]), hint if best_before else other)
    if not case["eps"] or len(actions) < 100:
        return
    expected = case["eps"] * (1 - 1 / NUM_ACTIONS)
    if beyond_chance(explored, expected):
        what = f"{np.mean(explored):.0%} of {len(actions)} moves took another action than the best; "
        hint = (
            f"With probability {case['eps']:g} the action is one of all {NUM_ACTIONS}, the best among them."
        )
        raise Wrong(what + f"expected about {expected:.0%}", hint)
    shares = np.bincount(actions, minlength=NUM_ACTIONS) / len(actions)
    if case["eps"] == 1 and any(
        beyond_chance(np.equal(actions, a), 1 / NUM_ACTIONS) for a in range(NUM_ACTIONS)
    ):
        what = f"eps is 1, and the actions were taken in these shares: {short(shares.round(3))}"
        raise Wrong(what, "Each column is drawn equally often.")


@verdict
def _by_rng(case: Case, value: Any) -> None:
    first, again, *others = (run["moves"] for run in value["runs"])
    if not same_plain(first, again):
        what = "the same generator gives another episode at the second call"
        raise Wrong(what, "All chance comes from the `rng` that is passed.")
    if case["eps"] and case["end"] is None and all(same_plain(first, other) for other in others):
        what = "generators with different seeds give the same episode"
        raise Wrong(what, "All chance comes from the `rng` that is passed.")


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
        "TypeError: step()": "`step(s, a)`: the state where the agent is, and the action.",
    },
    verdict=all_of(leaves_input_unchanged("Q"), _walked, _corrected, _greedy, _by_rng),
)
