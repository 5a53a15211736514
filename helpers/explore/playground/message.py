"""What the kernel tells the page: a small header, and one buffer with everything that is drawn.

The header is JSON; its `parts` say where each array lies in the buffer: name, type, number of values. Every
array begins at a multiple of 4 bytes, so that the page can look at it without copying it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.explore.playground import shades, words
from helpers.explore.playground.frame import alt, short
from helpers.explore.playground.settings import Settings, losses_for

if TYPE_CHECKING:
    from helpers.explore.playground.records import BatchLosses, Scores
    from helpers.explore.playground.session import Session

TYPES = {"u1": np.uint8, "u2": np.uint16, "f4": np.float32}
SHOWN = 8
"""So many units of a layer stand in the picture of the network; of the outputs all."""
MOST_POINTS = 240
"""A curve has no more points in a message: as many as a curve on the page has pixels across."""
Message = tuple[dict[str, Any], bytes]


def encode(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Message:
    """A header that says where the arrays lie, and the buffer that they lie in.

    Raises TypeError for an array of a type that is not in `TYPES`.

    >>> header, buffer = encode({"kind": "test"}, {"a": np.array([1, 2, 3], np.uint8)})
    >>> header["parts"], buffer
    ([['a', 'u1', 3]], b'\\x01\\x02\\x03\\x00')
    """
    names = {np.dtype(kind): name for name, kind in TYPES.items()}
    parts, pieces = [], []
    for name, array in arrays.items():
        if array.dtype not in names:
            raise TypeError(f"{name} is of {array.dtype}; what can be sent is {', '.join(TYPES)}")
        parts.append([name, names[array.dtype], array.size])
        pieces += [array.tobytes(), bytes(-array.nbytes % 4)]
    return {**header, "parts": parts}, b"".join(pieces)


def decode(header: dict[str, Any], buffer: bytes) -> dict[str, np.ndarray]:
    """The arrays of a message, each with one axis: what the page does, for the tests.

    >>> decode(*encode({}, {"a": np.array([1.5, 2], np.float32), "b": np.zeros(1, np.uint16)}))
    {'a': array([1.5, 2. ], dtype=float32), 'b': array([0], dtype=uint16)}
    """
    found, start = {}, 0
    for name, kind, size in header["parts"]:
        found[name] = np.frombuffer(buffer, TYPES[kind], size, start)
        start += -(-found[name].nbytes // 4) * 4
    return found


# What is said once, and when the data change -----------------------------------------------------------


def scene(session: Session, start: Settings) -> Message:
    """Everything that stays while a network trains: its settings, its data, what its inputs look like."""
    settings, problem = session.settings, session.problem
    is_training = np.zeros(len(problem.y), np.uint8)
    is_training[problem.train] = 1
    classes = problem.y if problem.num_classes else np.zeros(len(problem.y))
    arrays: dict[str, np.ndarray] = {
        "points": problem.points.astype(np.float32),
        "classes": classes.astype(np.uint8),
        "is_training": is_training,
        "features": shades.feature_maps(problem),
    }
    header = {
        "kind": "scene",
        "settings": spoken(settings),
        "link": settings.as_text(),
        "changed": {group: ", ".join(said) for group, said in settings.changes(start).items()},
        "losses": losses_for(settings.data),
        "regression": settings.regression,
        "classes": problem.num_classes,
        "outputs": problem.outputs,
        "extent": problem.extent,
        "inputs": settings.used_features,
        "training": len(problem.train),
        "names": shades.class_places(problem).tolist() if problem.num_classes > 3 else [],
        "remark": remark(session),
    }
    return encode(header, arrays)


def spoken(settings: Settings) -> dict[str, Any]:
    """The settings by name."""
    return dict(vars(settings))


def remark(session: Session) -> str:
    """What one has to know about a setting that does something else than it says."""
    size, n = session.settings.batch_size, len(session.problem.train)
    if size <= n:
        return ""
    return f"all {n} training points are one batch: {size} is more than there are"


# What changes with every picture -----------------------------------------------------------------------


def frame(session: Session, opened: int | None = None) -> Message:
    """The picture of this moment. `opened` is a layer of which all units are wanted, not only the first."""
    with np.errstate(over="ignore", invalid="ignore"):  # of a network that has diverged
        return _frame(session, opened)


def _frame(session: Session, opened: int | None) -> Message:
    now = session.now()
    maps, limits = shades.unit_maps(session)
    counts = [min(len(one), SHOWN) for one in maps[:-1]] + [len(maps[-1])]
    arrays = answers(session)
    arrays["units"] = np.concatenate([one[:count] for one, count in zip(maps, counts, strict=True)])
    if opened is not None and 0 <= opened < len(maps):
        arrays["opened"] = maps[opened]
    arrays["weights"] = np.concatenate([W.ravel() for W in session.weights()]).astype(np.float32)
    arrays["gradients"] = np.array(session.gradient_norms(), np.float32)
    arrays["curves"] = curves([*session.records, now])
    arrays["batches"] = batches(session.batch_losses)
    header = {
        "kind": "frame",
        "step": session.steps,
        "epoch": session.epochs,
        "shapes": [W.shape for W in session.weights()],
        "limits": [float(f"{limit:.3g}") for limit in limits],
        "opened": opened,
        "alt": alt(session),
        "scores": spoken_scores(session, now),
    }
    return encode(header, arrays)


def answers(session: Session) -> dict[str, np.ndarray]:
    """The map: its colours and the lines between them; for a regression the line itself."""
    outputs = shades.sane(session.predict_grid())
    if session.settings.regression:
        return {"line": outputs[:, 0].astype(np.float32)}
    index, margins = shades.shades(outputs, session.settings.loss == "cross-entropy")
    lines = shades.borders(margins)
    along = np.concatenate(lines or [np.zeros((0, 2))])
    return {
        "map": index,
        "border": (along * 65535).astype(np.uint16),
        "lengths": np.array([len(line) for line in lines], np.uint16),
    }


def thinned(values: Any) -> Any:
    """At most about `MOST_POINTS` of the values, evenly, the last one always among them.

    >>> len(thinned(range(1000))), thinned(range(1000))[-1], thinned([1, 2])
    (200, 999, [1, 2])
    """
    stride = -(-len(values) // MOST_POINTS)
    return values[(len(values) - 1) % max(stride, 1) :: max(stride, 1)]


def batches(losses: BatchLosses) -> np.ndarray:
    """(batches, 2): step and loss of some batches; their spread stays, because none are averaged."""
    rows = np.array([thinned(losses.steps), thinned(losses.values)], np.float64).T
    return np.nan_to_num(rows, nan=np.inf).clip(-1e30, 1e30).astype(np.float32)


def curves(records: list[Scores]) -> np.ndarray:
    """(records, 5): step, the two losses, the two scores; a loss that is no number is infinite."""
    with np.errstate(over="ignore"):
        rows = np.nan_to_num(np.array(thinned(records)), nan=np.inf, posinf=np.inf, neginf=-np.inf)
        return rows.astype(np.float32)


def spoken_scores(session: Session, now: Scores) -> dict[str, str]:
    """The numbers of this moment as they are read."""
    return {
        "train_loss": short(now.train_loss),
        "validation_loss": short(now.validation_loss),
        "train_score": words.level(session, now.train_score),
        "validation_score": words.level(session, now.validation_score),
    }
