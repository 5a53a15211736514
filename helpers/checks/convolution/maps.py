"""Tasks 1 and 2: a convolution with the channels last, and the sizes and parameters of a network."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import raises
from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray

# Task 1: a convolution ---------------------------------------------------------------------------------


def _pictures(rng: np.random.Generator) -> Sequence[Case]:
    """A square kernel first; then whole numbers, a kernel that is not square, a single weight, no padding."""
    asked = [
        ((2, 7, 8, 2), (3, 3, 2, 4), 2, 1),
        ((3, 5, 5, 1), (2, 2, 1, 3), 1, 2),
        ((2, 6, 9, 3), (2, 4, 3, 2), 3, 2),
        ((4, 4, 3, 3), (1, 1, 3, 5), 1, 0),
        ((1, 8, 8, 2), (3, 2, 2, 1), 2, 0),
    ]
    cases: list[Case] = []
    for x_shape, w_shape, stride, padding in asked:
        X, W = rng.normal(2, 1, size=x_shape).round(2), rng.normal(size=w_shape).round(2)
        b = rng.uniform(1, 3, size=w_shape[-1]).round(2)
        cases.append({"X": X, "W": W, "b": b, "stride": stride, "padding": padding})
    cases[1]["X"] = rng.integers(1, 9, size=asked[1][0])
    for name in ("W", "b"):  # quarters add up exactly, in any order: so a cast cuts off the same
        cases[1][name] = np.round(4 * cases[1][name]) / 4
    return cases


def _conv(X: Array, W: Array, b: Array, stride: int, padding: int) -> Array:
    n, h, w, C = X.shape
    kh, kw = W.shape[:2]
    top, bottom = padding, padding
    sheet = np.zeros((n, h + top + bottom, w + top + bottom, C))
    sheet[:, top : top + h, top : top + w] = X
    step = stride
    rows = (sheet.shape[1] - kh) // step + 1
    columns = (sheet.shape[2] - kw) // step + 1
    out = np.zeros((n, rows, columns, 1)) + b
    for i, j in np.ndindex(kh, kw):
        seen = sheet[:, i : i + step * rows : step, j : j + step * columns : step]
        out = out + seen @ W[i, j]
    return out


conv = formula_task(
    "convolution/conv",
    "conv(X, W, b, stride, padding)",
    points=4,
    cases=_pictures,
    right=_conv,
    parts="Take one place of one map: cut its window out of the padded picture, multiply it by the filter, "
    "weight by weight, and add up. Compare with the number that came there.",
    slips="""
        top, bottom = … → top, bottom = 0, 0
            the sizes are those of pictures without padding
            Before the window moves, `padding` rows and columns of 0 come on all four sides.
        top, bottom = … → top, bottom = 0, padding
            padding was put below and on the right only
            It comes on all four sides.
        top, bottom = … → top, bottom = 0, 2 * padding
            all padding was put below and on the right
            Half of it comes above and on the left.
        step = stride → step = stride; p = (top, top); sheet = np.pad(X, ((0, 0), p, p, (0, 0)), "edge")
            the padding repeats the pixels at the edge
            It is 0.
        step = stride → step = 1
            the window moved on by one pixel
            It moves on by `stride`, down as to the right.
        W[i, j] → W[kh - 1 - i, kw - 1 - j]
            the filters were turned round
            The first row of a filter meets the first row of the window, the first column the first.
        W[i, j] → W[j, i]
            rows and columns of the filters were taken for each other
            The first axis of W goes down, the second to the right.
        out = np.zeros((n, rows, columns, 1)) + b → out = np.zeros((n, rows, columns, 1))
            b is missing
            Each filter has a number that is added at every place.
        out = np.zeros((n, rows, columns, 1)) + b → out = np.zeros((n, rows, columns, 1))
        seen @ W[i, j] → seen @ W[i, j] + b
            b was added once for each weight of the window
            It is added once at every place.
        return out → return (out - b) / (kh * kw * C) + b
            the products were averaged
            They are added up.
        return out → return out.astype(X.dtype)
            the numbers of the maps have lost their decimals
            X holds whole numbers here, and so does an array that is made like it.
        return out → return np.moveaxis(out, -1, 1)
            the maps come before their rows
            The channels of what is returned are last, as those of X.
    """,
    unchanged="The caller still needs the pictures and the filters: compute new arrays.",
    hints={
        "ValueError": "Write the shapes of this line down: X is (n, h, w, C), W (kh, kw, C, F), b (F,).",
        "IndexError": "The axes of W are kh, kw, C and F, those of X are n, h, w and C.",
        "UFuncTypeError": "An array of whole numbers cannot take up decimals in place: make a new one.",
        "TypeError: 'float' object": "How many windows fit is a whole number: `//` divides and rounds down.",
        "TypeError: slice": "How many windows fit is a whole number: `//` divides and rounds down.",
    },
)

# Task 2: sizes and parameters --------------------------------------------------------------------------

NO_ROOM = "Count the windows that fit. Is there at least one, down and to the right?"


def _plans(rng: np.random.Generator) -> Sequence[Case]:
    """The first has what is hard about each kind; then LeNet's, one layer, and two that do not fit."""
    hard = [["conv", 5, 3, 2, 1], ["pool", 3, 2], ["conv", 7, 2, 1, 0]]
    lenet = [["conv", 6, 5, 1, 2], ["pool", 2, 2], ["conv", 16, 5, 1, 0], ["pool", 2, 2]]
    filters = [int(number) for number in rng.integers(2, 20, size=3)]
    drawn = [["conv", filters[0], 3, 1, 1], ["conv", filters[1], 5, 3, 2], ["pool", 2, 1]]
    drawn += [["conv", filters[2], 1, 1, 0]]
    classes = int(rng.integers(3, 9))
    cases: list[Case] = [
        {"picture": [3, 26, 20], "layers": hard, "classes": 4},
        {"picture": [1, 28, 28], "layers": lenet, "classes": 10},
        {"picture": [2, 13, 17], "layers": drawn, "classes": classes},
        {"picture": [4, 9, 6], "layers": [["pool", 4, 3]], "classes": 2},
    ]
    wide: Case = {"picture": [1, 8, 4], "layers": [["conv", 2, 3, 1, 0], ["pool", 3, 2]], "classes": 3}
    far: Case = {"picture": [1, 2, 9], "layers": [["pool", 4, 3]], "classes": 3}
    cases.append(raises(ValueError, because="a window of 3 pixels in 2 columns", hint=NO_ROOM, **wide))
    return [*cases, raises(ValueError, because="a window of 4 pixels in 2 rows", hint=NO_ROOM, **far)]


def _blueprint(picture: Sequence[int], layers: Sequence[Any], classes: int) -> tuple[Array, Array]:
    C, h, w = picture
    sizes: list[list[int]] = []
    parameters: list[int] = []
    for kind, *numbers in layers:
        if kind == "conv":
            filters, kernel, stride, padding = numbers
            weights = C * kernel**2
            count = filters * (weights + 1)
        else:
            (kernel, stride), padding, filters = numbers, 0, C
            count = 0
        room = [side + 2 * padding - kernel for side in (h, w)]
        h, w = (spare // stride + 1 for spare in room)
        if min(h, w) < 1:
            raise ValueError("no window fits")
        C = filters
        sizes.append([C, h, w])
        parameters.append(count)
    last = (C * h * w + 1) * classes
    return np.array(sizes), np.array([*parameters, last])


blueprint = formula_task(
    "convolution/blueprint",
    "blueprint(picture, layers, classes)",
    points=3,
    cases=_plans,
    right=_blueprint,
    parts={
        "sizes": "A line for each entry of `layers`. As many channels come out as there are filters. For "
        "rows and columns draw a row of pixels with its padding, and mark where windows begin: how many fit?",
        "parameters": "Write the shape of each layer's weights down, and of its biases.",
    },
    slips="""
        sizes: spare // stride + 1 → spare // stride
            in sizes the first window is not counted
            If there is room for just one window, none is to spare, and there is one.
        sizes: 2 * padding → padding
            in sizes padding was counted on one side
            It comes on all four sides.
        sizes: spare // stride + 1 → -(-spare // stride) + 1
            in sizes a window counts that does not fit as a whole
            It is left out.
        sizes: spare // stride + 1 → spare // (kernel if kind == "pool" else stride) + 1
            in sizes pooling windows lie `kernel` pixels apart
            A pool layer has a stride, too.
        sizes: sizes.append([C, h, w]) → sizes.append([h, w, C])
            in sizes the channels come last
            The order is that of `picture`.
        parameters: (weights + 1) → weights
            parameters has no biases of filters
            Each filter has one.
        parameters: weights = … → weights = kernel**2
            in parameters a filter sees one channel
            It sees all channels that come in, with weights of its own for each.
        parameters: weights = … → weights = C * (kernel**2 + 1) - 1
            in parameters a filter has a bias for each channel
            It has one bias.
        parameters: parameters.append(count) → parameters.append(count * h * w)
            in parameters each place of a map has weights of its own
            All places of a map share one filter.
        parameters: count = 0 → count = kernel**2
            in parameters a pool layer has weights
            Which numbers does it learn?
        parameters: last = … → last = (C + 1) * classes
            in parameters the linear layer sees one number for each channel
            All numbers of all maps are put into one row.
        parameters: last = … → last = C * h * w * classes
            in parameters the linear layer has no biases
            It has one for each class.
        parameters: [*parameters, last] → parameters
            parameters lacks the linear layer at the end
            The task wants its number, too: the last of all.
    """,
    form="End with `return sizes, parameters`: two arrays, or lists.",
    unchanged="`picture` and `layers` are needed by others: neither `pop` nor change them.",
    hints={
        "ValueError": "An entry of `layers` has four numbers after its name, or two.",
        "IndexError": "An entry of `layers` has four numbers after its name, or two.",
        "TypeError": "Write down what each name in this line holds: a number, a name or a list.",
    },
)
