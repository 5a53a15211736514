"""Task 3: back through max-pooling, with windows that overlap, leave gaps, or hold equal pixels."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Equal pixels in all of them. Windows side by side, apart, overlapping; after a ReLU; of one pixel."""
    asked = [((2, 2, 4, 6), 2, 2), ((3, 1, 8, 5), 2, 3), ((2, 3, 7, 6), 3, 2), ((1, 2, 5, 5), 3, 1)]
    cases: list[Case] = []
    for shape, kernel, stride in [*asked, ((2, 2, 4, 4), 1, 2)]:
        X = rng.choice([-2.0, 0.5, 1.0, 1.5], size=shape)  # so few that a largest one comes twice
        X[0, 0, :kernel, :kernel] = 1.5
        if kernel == 3:
            X = np.maximum(X - 1, 0)
            X[0, 0, :kernel, :kernel] = 0
        sides = [(side - kernel) // stride + 1 for side in shape[2:]]
        signs = rng.choice([-1, 1], size=(*shape[:2], *sides))
        d_out = rng.uniform(0.5, 2, size=signs.shape).round(2) * signs  # none is 0
        cases.append({"d_out": d_out, "X": X, "kernel": kernel, "stride": stride})
    cases[3]["X"] = (2 * cases[3]["X"]).astype(int)
    return cases


def _max_pool_backward(d_out: Array, X: Array, kernel: int, stride: int) -> Array:
    dX = np.zeros(X.shape)
    step = stride
    for r, c in np.ndindex(d_out.shape[2:]):
        seen = np.s_[:, :, r * step : r * step + kernel, c * step : c * step + kernel]
        window = X[seen].reshape(*X.shape[:2], -1)
        first = window.argmax(axis=-1)
        share = np.eye(kernel**2)[first]
        slopes = (share * d_out[:, :, r, c, None]).reshape(X[seen].shape)
        dX[seen] += slopes
    return dX


max_pool_backward = formula_task(
    "convolution/max_pool_backward",
    "max_pool_backward(d_out, X, kernel, stride)",
    points=4,
    cases=_cases,
    right=_max_pool_backward,
    parts="Take one window: which of its pixels is the first that is as large as any, and what does that one "
    "get? Then the next window.",
    slips="""
        share = … → share = window == window.max(axis=-1, keepdims=True)
            each of several equal pixels got the slope of the window
            A nudge reaches the output once. The first of them gets all of it.
        share = … → share = window == window.max(axis=-1, keepdims=True)
        slopes = … → share = share / share.sum(axis=-1, keepdims=True); …
            equal pixels have shared the slope of a window
            The first of them gets all of it.
        first = … → first = kernel**2 - 1 - window[..., ::-1].argmax(axis=-1)
            of several equal pixels the last one got the slope
            The first of them gets it, row by row, and from left to right.
        first = … → first = window.argmin(axis=-1)
            the smallest pixel of a window got the slope
            Which one went through max-pooling?
        first = … → first = np.abs(window).argmax(axis=-1)
            the pixel that is farthest from 0 got the slope
            Max-pooling takes the largest: 1 is larger than -2.
        share = … → share = np.full(window.shape, 1 / kernel**2)
            all pixels of a window have shared its slope
            That is the way back through a mean. Which pixels can move a maximum?
        share = … → share = np.ones(window.shape)
            all pixels of a window got its slope
            Which pixels can move a maximum?
        share = … → share = np.eye(kernel**2)[first] * window
            the slopes were multiplied by the pixels
            The output is that pixel: nudge it by 0.1, and by how much does the output move?
        share = … → share = np.eye(kernel**2)[first] * (window > 0)
            where the largest pixel of a window is not above 0 no slope came through
            There is no ReLU in this layer.
        step = stride → step = kernel
            the windows lie `kernel` pixels apart
            How far they move is `stride`.
        dX[seen] += slopes → dX[seen] = np.where(slopes != 0, slopes, dX[seen])
            where windows overlap, what the earlier ones gave was overwritten
            A pixel may move several outputs: what each of them gives is added up.
        dX[seen] += slopes → dX[seen] = slopes
            where windows overlap, what the earlier ones gave was overwritten
            A pixel may move several outputs: what each of them gives is added up.
    """,
    unchanged="`X` and `d_out` are needed by others: write into a new array.",
    hints={
        "UFuncTypeError": "An array of whole numbers cannot take up decimals: which dtype has dX?",
        "IndexError": "Which axis does each number in this line belong to, and how long is that axis?",
        "ValueError": "Write the shapes of this line down: X is (n, C, h, w), d_out (n, C, rows, columns).",
    },
)
