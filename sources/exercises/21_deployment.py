# %% [markdown]
r"""
# Exercise 21 · Deployment

Four tasks, 16 points, about 40 minutes. You write a loader that refuses, an export that compares, a batcher
and a drift alarm. No server is needed, and no clock. Lesson: [21 ·
Deployment](../../lessons/21_deployment.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import io

import numpy as np

from helpers import data
from helpers.checks import check

# %% [markdown] task="deployment/load"
r"""
## Task 1 · A file that somebody sent (4 points)

`np.savez` writes arrays by name into one file, and `np.load` reads them. The next cell makes such a file in
memory. Beside the parameters it holds a text, `version`.

Write `load(file, shapes, versions)`. `file` is open, ready to be read. `shapes` is a dict of the parameters
that your program needs, `{name: shape}`; `versions` is a list of the versions that it understands. Return a
dict of the parameters, `{name: array}`, without the version. But raise a `ValueError` when

- the file has no `version`, or one that is not in `versions`;
- a parameter of `shapes` is missing, or the file holds one that is not in `shapes`;
- an array has another shape, or its numbers are not float32;
- a number is NaN or infinite.

The message **names** what is wrong: the parameter, or `version`. And nothing in the file may run: a pickle in
it is refused, too (any `ValueError` will do for that).

For example, with the file of the next cell:

    load(file, {"0.W": (3, 2), "0.b": (2,)}, ["digits 1.0"])  →  {"0.W": array(…), "0.b": array(…)}
    load(file, {"0.W": (2, 3), "0.b": (2,)}, ["digits 1.0"])  →  ValueError: 0.W has shape (3, 2), not (2, 3)

<details><summary>Hint</summary>

What `np.load` returns is like a dict: `archive.files` are the names, and `archive["0.W"]` reads one. A text
is an array as well, of shape (): `.item()` takes it out.
</details>
"""

# %%
file = io.BytesIO()
W, b = np.ones((3, 2), np.float32), np.zeros(2, np.float32)
np.savez(file, **{"version": "digits 1.0", "0.W": W, "0.b": b})
file.seek(0)  # back to its beginning
print(np.load(file).files)
file.seek(0)


# %% answer="deployment/load"
def load(file, shapes, versions):
    """The parameters in the file, by name; ValueError if one is wrong."""
    ### BEGIN SOLUTION
    archive = np.load(file, allow_pickle=False)
    names = set(archive.files)
    if "version" not in names:
        raise ValueError("version is missing")
    if archive["version"].tolist() not in versions:
        raise ValueError(f"version {archive['version']} is not known")
    for name in names - {"version"} - set(shapes):
        raise ValueError(f"{name} is not a parameter of this network")
    found = {}
    for name, shape in shapes.items():
        if name not in names:
            raise ValueError(f"{name} is missing")
        array = archive[name]
        if array.shape != tuple(shape):
            raise ValueError(f"{name} has shape {array.shape}, not {shape}")
        if array.dtype != np.float32:
            raise ValueError(f"{name} has dtype {array.dtype}, not float32")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds NaN or infinity")
        found[name] = array
    return found
    ### END SOLUTION


# %% check="deployment/load"
check("deployment/load", load)

# %% [markdown] task="deployment/export"
r"""
## Task 2 · Export, and compare (4 points)

A network was trained on scaled rows: its input is $(x - \mu) / s$, feature by feature, then come linear
layers, with a ReLU after each but the last. It is to run in an **engine**, another program, which gets rows
as they are and knows three operations. The network is written down for it as a list of nodes:

| node | what the engine does with what came so far |
| --- | --- |
| `("MatMul", W)` | times `W`, shape (d, h) |
| `("Add", b)` | plus `b`, shape (h,) |
| `("Relu",)` | what is below 0 becomes 0 |

Write `export(mean, scale, layers, rows, run, tolerance)`. `mean` and `scale`, shape (d,), are $\mu$ and $s$;
`layers` is a list of pairs `(W, b)`. Do three things:

1. Make the nodes, all arrays in float32. The scaler becomes part of the **first** `MatMul` and `Add`: there
   is no node for it. The arrays in `layers` stay as they are.
2. Compare. `run(nodes, rows)` gives the engine's logits for `rows`, shape (n, d), which are not scaled. How
   far are they from the network's own, computed in float64? Take the largest difference of any logit, and
   divide it by the size of the network's largest one, the largest $\lvert z\rvert$.
3. Return the nodes if that is at most `tolerance`. Otherwise raise a `ValueError` that tells the difference.
   Engines have faults, too. One gives NaN: that is never within a tolerance.

For example, with one feature, mean 10, scale 2, and one layer, W = 6, b = 1:

    export(np.array([10.0]), np.array([2.0]), [(np.array([[6.0]]), np.array([1.0]))], rows, run, 1e-5)
    →  [("MatMul", [[3.]]), ("Add", [-29.])]

For x = 12 the network says 6 · (12 − 10) / 2 + 1 = 7, and the nodes 3 · 12 − 29 = 7.

<details><summary>Hint</summary>

Write $\frac{x - \mu}{s} W + b$ as $x$ times something plus something. Each **row** of $W$ belongs to one
feature.
</details>
"""


# %% answer="deployment/export"
def export(mean, scale, layers, rows, run, tolerance):
    """The network as nodes, if the engine agrees with it."""
    ### BEGIN SOLUTION
    (W, b), *others = layers
    folded = [(W / scale[:, None], b - (mean / scale) @ W), *others]
    nodes, ours = [], (rows - mean) / scale
    for i, (W, b) in enumerate(folded):
        nodes.append(("MatMul", W.astype(np.float32)))
        nodes.append(("Add", b.astype(np.float32)))
        ours = ours @ layers[i][0] + layers[i][1]
        if i < len(folded) - 1:
            nodes.append(("Relu",))
            ours = np.maximum(ours, 0)
    theirs = run(nodes, rows)
    difference = np.abs(theirs - ours).max() / np.abs(ours).max()
    if not difference <= tolerance:  # NaN is not <= anything
        raise ValueError(f"the engine is off by {difference:.2g}")
    return nodes
    ### END SOLUTION


# %% check="deployment/export"
check("deployment/export", export)

# %% [markdown] task="deployment/batches"
r"""
## Task 3 · A batcher (4 points)

One worker answers requests. A request brings one row or several, and they stay together. The worker takes
requests in the order of their numbers and answers them in **batches** of at most `max_rows` rows. Who goes
with whom, and when is each answered? All times are whole milliseconds.

A batch begins with the first request that has no batch yet. It starts as soon as the worker is free and one
of these is true:

- it is **full**: its rows are `max_rows`, or the request that comes next has arrived and would be too much;
- its first request has waited for `window`.

Into it go the requests that have arrived by then, one after another, up to the first that would be too much.
Later ones do not overtake that one. Who arrives at the very moment of the start goes along. A batch of k rows
takes `per_call + per_row · k`; then all its requests are answered, and the worker is free.

Write `batches(arrivals, rows, max_rows, window, per_call, per_row)`. `arrivals` and `rows`, shape (n,), say
when each request arrives (in ascending order, never before 0) and how many rows it brings (1 to `max_rows`);
the others are numbers. At 0 the worker is free. Return two arrays of shape (n,):

- `batch`, the number of each request's batch: 0, 1, and so on;
- `answered`, the time when each is answered.

For example, with at most 4 rows, a window of 10, and 5 + 1 · k for a batch:

    batches(np.array([0, 3, 4, 30, 41]), np.array([1, 2, 2, 1, 1]), 4, 10, 5, 1)
    →  (array([0, 0, 1, 2, 3]), array([12, 12, 21, 46, 52]))

Request 2 would make 5 rows, so the first batch is full when it comes, at 4, and takes 8. Then request 2 is
alone; its window ends at 14. Request 3 waits until 40, and the last one misses that by one.
"""


# %% answer="deployment/batches"
def batches(arrivals, rows, max_rows, window, per_call, per_row):
    """The batch of each request (n,), and when it is answered (n,)."""
    ### BEGIN SOLUTION
    n = len(arrivals)
    batch, answered = np.zeros(n, int), np.zeros(n, int)
    first, number, free = 0, 0, 0
    while first < n:
        end = first + np.sum(np.cumsum(rows[first:]) <= max_rows)
        start = arrivals[first] + window
        if rows[first:end].sum() == max_rows:
            start = min(start, arrivals[end - 1])
        elif end < n:
            start = min(start, arrivals[end])
        start = max(start, free)
        end = first + np.sum(arrivals[first:end] <= start)
        free = start + per_call + per_row * rows[first:end].sum()
        batch[first:end] = number
        answered[first:end] = free
        first, number = end, number + 1
    return batch, answered
    ### END SOLUTION


# %% check="deployment/batches"
check("deployment/batches", batches)

# %% [markdown] task="deployment/drift_alarm"
r"""
## Task 4 · A drift alarm (4 points)

A camera takes pictures of digits, 8 by 8 pixels. The next cell adds up the ink in each of its eight lines:
eight features. Some day the camera is replaced. A watch looks at the features, one window of rows after
another.

How unlike are a feature's values in a window and in the reference rows? Take for each value $v$ that occurs
in one of them the share of the window's rows that are at most $v$, and the same share of the reference. The
largest difference of the two shares, without its sign, over all $v$, is the **distance** of that feature
(after Kolmogorov and Smirnov). The **score** of a window is the largest distance of all its features.

Write `drift_alarm(reference, quiet, new, rate)`. `reference` has shape (n, d). `quiet`, shape (m, size, d),
holds m windows without drift, of `size` rows each; `new`, shape (k, size, d), windows to be judged. Return
three things:

- `scores`, shape (k,), of the new windows;
- `threshold`, a number: the smallest of the quiet windows' scores with no more than the share `rate` of all
  quiet windows **above** it;
- `rings`, shape (k,), True where a score is above the threshold.

For example, one feature, with a reference of 1, 2, 3, 4 and a window of 2, 9: at 4 the shares are 1 and 0.5,
and no other value has a larger difference, so the distance is 0.5. And with ten quiet windows, whose scores
are 0.1, 0.2, … 1.0, and a rate of 0.25, two may lie above: the threshold is 0.8.

The check takes real pictures, other windows than these.
"""

# %%
pictures, _ = data.load_digits()
ink = pictures.reshape(-1, 8, 8).sum(axis=2)  # (1797, 8)
rng = np.random.default_rng(0)
order = rng.permutation(len(ink))
reference, calm, later = np.split(ink[order], [600, 1200])


def windows(rows, number, size=40):
    """`number` windows of rows that are drawn, (number, size, features)."""
    drawn = [rng.choice(len(rows), size, replace=False) for _ in range(number)]
    return rows[np.array(drawn)]


# %% answer="deployment/drift_alarm"
def drift_alarm(reference, quiet, new, rate):
    """The new windows' scores, the threshold, and which of them ring."""

    ### BEGIN SOLUTION
    def score(window):
        distances = []
        for old, now in zip(reference.T, window.T, strict=True):
            values = np.concatenate([old, now])
            before = np.searchsorted(np.sort(old), values, side="right")
            after = np.searchsorted(np.sort(now), values, side="right")
            gap = np.abs(before / len(old) - after / len(now))
            distances.append(gap.max())
        return max(distances)

    calm = np.sort([score(window) for window in quiet])
    above = int(rate * len(calm))
    threshold = calm[len(calm) - 1 - above]
    scores = np.array([score(window) for window in new])
    return scores, threshold, scores > threshold
    ### END SOLUTION


# %% check="deployment/drift_alarm"
check("deployment/drift_alarm", drift_alarm)

# %% [markdown]
r"""
## Afterwards

All four pass? Then let the watch work. In a new cell, run

    quiet, new = windows(calm, 200), windows(later, 200)
    stuck = new.copy()
    stuck[:, :, 3] = np.median(reference[:, 3])  # one line tells nothing any more
    for name, seen in {"as before": new, "darker": 1.1 * new, "stuck": stuck}.items():
        print(name, drift_alarm(reference, quiet, seen, 0.05)[2].mean())

How often does it ring when nothing has changed, and is that near to what you asked for? Would the mean of a
feature have seen the line that is stuck? Then take `windows(reference, 200)` for the quiet windows, rows that
the reference knows. In which direction should the threshold move, and does it?
"""
