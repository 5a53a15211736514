# %% [markdown]
r"""
# Exercise 13 · Convolution

Five tasks, 19 points, about 40 minutes. You write a convolution and the way back through a pooling layer, and
plan a network on paper. Then you build one that reads digits wherever they stand, and at the end you put
another question to a trained one, with 25 pictures.
Lesson: [13 · Convolution](../../lessons/13_convolution.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import copy

import numpy as np

from helpers import data, nn
from helpers.checks import check
from helpers.training import fit

# %% [markdown] task="convolution/conv"
r"""
## Task 1 · A convolution, channels last (4 points)

PyTorch and this course keep the channels of a picture before its rows. TensorFlow keeps them **last**, and so
does this task. Write `conv(X, W, b, stride, padding)`:

- `X` has shape (n, h, w, C): n pictures of h rows and w columns, each pixel with C numbers;
- `W` has shape (kh, kw, C, F): F filters, each kh rows high, kw columns wide and C channels deep;
- `b` has shape (F,), a number for each filter;
- `stride` is by how many pixels the window moves on, down as to the right;
- `padding` is how many rows and columns of 0 are put around each picture, on all four sides.

Return the feature maps, shape (n, rows, columns, F): at each place, for each filter, the sum over the window
and its channels of weight times pixel, plus b. The first row of a filter meets the first row of the window.
As many windows are used as fit: what is left over at the lower and the right edge is not seen.

For example, with one picture, one channel and one filter, here written without their axes:

    X = [[1, 2, 3],     W = [[1, 10]],  b = [0.5],  stride 2,  padding 0
         [4, 5, 6]]
    →  [[21.5]]

By hand: the window is one row high and two columns wide. It fits at row 0 and column 0, and there
1 · 1 + 10 · 2 + 0.5 is 21.5. Two columns further it would need a fourth column, two rows further a third row.

<details><summary>Hint</summary>

Do not go from window to window. Go from weight to weight: which pixels does the weight at row i and column j
of a filter meet, as the window moves? A slice with a step takes all of them at once.
</details>
"""


# %% answer="convolution/conv"
def conv(X, W, b, stride, padding):
    """Feature maps (n, rows, columns, F) of pictures X (n, h, w, C)."""
    ### BEGIN SOLUTION
    kh, kw = W.shape[:2]
    edge = (padding, padding)
    sheet = np.pad(X, ((0, 0), edge, edge, (0, 0)))
    rows = (sheet.shape[1] - kh) // stride + 1
    columns = (sheet.shape[2] - kw) // stride + 1
    out = np.zeros((len(X), rows, columns, len(b))) + b
    for i in range(kh):
        for j in range(kw):
            down, right = i + stride * rows, j + stride * columns
            out = out + sheet[:, i:down:stride, j:right:stride] @ W[i, j]
    return out
    ### END SOLUTION


# %% check="convolution/conv"
check("convolution/conv", conv)

# %% [markdown] task="convolution/blueprint"
r"""
## Task 2 · A network on paper (3 points)

Before a network is built, two things should be known of each layer: the size of what comes out of it, and how
many parameters it has. Write `blueprint(picture, layers, classes)`:

- `picture` is the size of a picture, `[C, h, w]`: channels, rows, columns;
- `layers` is a list. Each entry is a list, `["conv", filters, kernel, stride, padding]` or
  `["pool", kernel, stride]`. A window is `kernel` pixels high and wide. Each filter of a conv layer sees all
  channels, and has a bias;
- after the last of them everything is put into one row, and a linear layer with biases gives a number for
  each of the `classes`.

Return two arrays:

- `sizes`, shape (number of layers, 3): for each entry of `layers` the size `[C, h, w]` of what comes out;
- `parameters`, shape (number of layers + 1,): for each entry of `layers` how many it has, and at last those
  of the linear layer.

A window that does not fit at the edge is left out, in a pool layer, too. If not a single one fits, raise a
`ValueError` that says so. For example

    blueprint([1, 8, 8], [["conv", 4, 3, 1, 1], ["pool", 3, 2]], 10)
    →  array([[4, 8, 8], [4, 3, 3]]),  array([ 40,   0, 370])

By hand: with a row of padding above and below, the 3 rows of a window find room at 8 places. A filter has 9
weights and a bias. Pooling windows begin in row 0, 2 and 4; one that begins in row 6 would need a ninth row.
At last 4 · 3 · 3 numbers go to 10 classes.
"""


# %% answer="convolution/blueprint"
def blueprint(picture, layers, classes):
    """Sizes (layers, 3), and the number of parameters (layers + 1,)."""
    ### BEGIN SOLUTION
    (C, h, w), sizes, parameters = picture, [], []
    for kind, *numbers in layers:
        if kind == "conv":
            filters, kernel, stride, padding = numbers
            count, C = filters * (C * kernel**2 + 1), filters
        else:
            (kernel, stride), padding, count = numbers, 0, 0
        room = [side + 2 * padding - kernel for side in (h, w)]
        h, w = (spare // stride + 1 for spare in room)
        if min(h, w) < 1:
            raise ValueError(f"no window of {kernel} pixels fits")
        sizes.append([C, h, w])
        parameters.append(count)
    parameters.append((C * h * w + 1) * classes)
    return np.array(sizes), np.array(parameters)
    ### END SOLUTION


# %% check="convolution/blueprint"
check("convolution/blueprint", blueprint)

# %% [markdown] task="convolution/max_pool_backward"
r"""
## Task 3 · Back through max-pooling (4 points)

A max-pooling layer went over `X`, shape (n, C, h, w), with windows of `kernel` × `kernel` pixels, whose
corners lie `stride` pixels apart. It gave the largest pixel of each window; its output had the shape
(n, C, rows, columns). Write `max_pool_backward(d_out, X, kernel, stride)`: `d_out` holds the slope of the
loss for each number of that output. Return `dX`, the slope for each pixel, in the shape of `X`.

- Only the largest pixel of a window has a slope from it. If several are equally large, it is the **first** of
  them, row by row and from left to right, as in PyTorch.
- If `stride` is less than `kernel`, the windows **overlap**, and a pixel may be the largest in several.
- If it is more, or if the last window ends before the edge, some pixels are in no window.

For example, one picture with one channel, kernel 2 and stride 1, here without the first two axes:

    X = [[1, 3, 3],     d_out = [[10, 20],     →  dX = [[ 0, 30,  0],
         [2, 0, 3],              [40, 80]]              [40,  0, 80],
         [1, 2, 3]]                                     [ 0,  0,  0]]

By hand: both upper windows take the 3 in the middle of the first row. The left one sees no other; of the
three 3s that the right one sees it is the first. So it gets 10 + 20. The lower left window sees two 2s, the
lower right one two 3s: in each, the upper one is the first.
"""


# %% answer="convolution/max_pool_backward"
def max_pool_backward(d_out, X, kernel, stride):
    """The slope for each pixel of X (n, C, h, w)."""
    ### BEGIN SOLUTION
    dX = np.zeros(X.shape)
    n, C, rows, columns = d_out.shape
    picture, channel = np.arange(n)[:, None], np.arange(C)
    for r in range(rows):
        for c in range(columns):
            top, left = r * stride, c * stride
            window = X[:, :, top : top + kernel, left : left + kernel]
            first = window.reshape(n, C, -1).argmax(axis=-1)
            i, j = top + first // kernel, left + first % kernel
            dX[picture, channel, i, j] += d_out[:, :, r, c]
    return dX
    ### END SOLUTION


# %% check="convolution/max_pool_backward"
check("convolution/max_pool_backward", max_pool_backward)

# %% [markdown] task="convolution/beat_the_mlp"
r"""
## Task 4 · Beat the MLP, with fewer parameters (4 points)

A digit of 8 × 8 pixels lies anywhere on a sheet of 12 × 12. The next cell lays 600 pictures on sheets,
and trains an MLP with 64 hidden units on them. Run it: how many parameters does it have, and how often is it
right about sheets that it has not seen?

Write `beat_the_mlp(X, y, rng)`: train a network on the sheets `X`, shape (600, 1, 12, 12), and their labels
`y` (600,), and return it. Two things are asked:

- it has **3000 parameters or fewer**;
- of new sheets it gets 0.75 or more **right**, as a share.

The check lays other pictures on other sheets, twice, and numbers the ten classes in another way each
time: you know of the digits only what `X` and `y` tell. All chance comes from `rng`. The network is one that
`nn.Sequential` makes. It takes sheets (n, 1, 12, 12), gives ten logits for each, and is judged in evaluation
mode. It should train in less than a second: the check trains it three times.

<details><summary>Hint: what there is</summary>

`nn.Conv2d(channels, filters, kernel, padding=…, rng=rng)`, `nn.MaxPool2d(kernel)`, `nn.ReLU()`, and
`nn.Flatten()` before the first `nn.Linear`. `print(model.summary(X.shape))` shows for each layer the size of
what comes out of it, and its parameters.
</details>

<details><summary>Hint: where the parameters are</summary>

A linear layer has weights of its own for each place of each map. If a digit moves, they have to learn it
there anew. Which layer leaves fewer places? `fit` also takes more epochs, and another learning rate.
</details>
"""

# %%
pictures, digits = data.load_digits()


def placed(pictures, rng):
    """Each picture somewhere on a sheet of its own: (n, 1, 12, 12)."""
    sheets = np.zeros((len(pictures), 1, 12, 12))
    corners = rng.integers(5, size=(len(pictures), 2))
    for sheet, picture, (r, c) in zip(sheets, pictures, corners, strict=True):
        sheet[0, r : r + 8, c : c + 8] = picture.reshape(8, 8)
    return sheets


rng = np.random.default_rng(0)
order = rng.permutation(len(digits))
X_all, y_all = placed(pictures[order] / 16, rng), digits[order]


def mlp(X, y, rng):
    """A network that does not know which pixels are neighbours."""
    hidden = nn.Linear(144, 64, rng=rng)
    last = nn.Linear(64, 10, rng=rng)
    model = nn.Sequential(nn.Flatten(), hidden, nn.ReLU(), last)
    loss, optimizer = nn.CrossEntropyLoss(), nn.Adam(model, lr=0.01)
    settings = {"batch_size": 50, "num_epochs": 20, "progress": False}
    fit(model, loss, optimizer, X, y, rng=rng, **settings)
    return model


def report(model):
    """How large it is, and how it does on sheets it has not seen."""
    said = model.eval().forward(X_all[600:]).argmax(axis=1)
    right = np.mean(said == y_all[600:])
    print(f"{model.size} parameters, right about {right:.2f} of new sheets")


report(mlp(X_all[:600], y_all[:600], np.random.default_rng(0)))


# %% answer="convolution/beat_the_mlp"
def beat_the_mlp(X, y, rng):
    """A small convolutional network, trained on sheets (n, 1, 12, 12)."""
    ### BEGIN SOLUTION
    first = nn.Conv2d(1, 12, 3, rng=rng)  # 12 → 10, pooled to 5
    second = nn.Conv2d(12, 22, 3, rng=rng)  # 5 → 3, pooled to 1
    last = nn.Linear(22, 10, rng=rng)
    layers = [first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU()]
    model = nn.Sequential(*layers, nn.MaxPool2d(3), nn.Flatten(), last)
    optimizer = nn.Adam(model, lr=0.008)
    options = {"num_epochs": 30, "batch_size": 40, "progress": False}
    fit(model, nn.CrossEntropyLoss(), optimizer, X, y, rng=rng, **options)
    return model
    ### END SOLUTION


# %% check="convolution/beat_the_mlp"
check("convolution/beat_the_mlp", beat_the_mlp)

# %% [markdown] task="convolution/transfer"
r"""
## Task 5 · Boxes, from 25 sheets (4 points)

The next cell trains a network to name digits, on 1000 sheets. Now somebody has sorted sheets into boxes. The
rule, which digits go where, is not told: there are just 25 sheets, and the box in which each of them lies.
Can what the network has learnt serve that other question?

Write `transfer(model, X, y, num_classes, rng)`. `model` is such a trained network: an `nn.Sequential` whose
last layer is an `nn.Linear`. `X` (25, 1, 12, 12) are the sorted sheets, each digit two or three times, `y`
(25,) their boxes, from 0 to `num_classes` - 1. Return a network that tells the box:

- All layers but the last are those of `model`, **frozen**: with the weights that `model` came with.
- Its last layer is a new `nn.Linear`, with an output for each of the `num_classes` boxes. That one learns
  from `X` and `y`.
- `model` itself stays as it is, for whoever still needs it: it gets no new weights, loses no layer and is not
  frozen.
- It is **right** about new sheets. With so few sheets luck counts, so the check does as `score` in the next
  cell: it gives you 8 sets of 25 sheets, one after the other, each sorted by another rule into four boxes,
  and wants 0.62 or more right in the mean; of a single set, 0.45.

All chance comes from `rng`. The network is judged in evaluation mode.

<details><summary>Hint: what there is</summary>

`model.layers` are its layers. A layer can be part of one network only: `copy.deepcopy(layer)` makes another
with the same weights. `layer.freeze()` freezes it. An `nn.Linear` knows its `in_features`.
</details>

<details><summary>Hint: how fast, how long</summary>

`print(score(transfer))` in a new cell tells how well a choice does. Try learning rates that differ by a
factor of 3, and look for one that is better than both its neighbours.
</details>
"""


# %%
def untrained(rng):
    """A network for ten digits, as it begins."""
    first, second = nn.Conv2d(1, 12, 3, rng=rng), nn.Conv2d(12, 32, 3, rng=rng)
    body = [first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU()]
    last = nn.Linear(32, 10, rng=rng)
    return nn.Sequential(*body, nn.MaxPool2d(3), nn.Flatten(), last)


rng = np.random.default_rng(1)
seer = untrained(rng)
settings = {"batch_size": 50, "num_epochs": 20, "progress": False}
loss, optimizer = nn.CrossEntropyLoss(), nn.Adam(seer, lr=0.01)
fit(seer, loss, optimizer, X_all[:1000], y_all[:1000], rng=rng, **settings)

X_new, y_new = X_all[1000:], y_all[1000:]
each = [np.flatnonzero(y_new == digit)[:60] for digit in range(10)]
rows = np.stack(each, axis=1).ravel()  # a 0, a 1, a 2 and so on, then a 0
X_new, y_new = X_new[rows], y_new[rows]


def score(learn):
    """Right about new sheets, in the mean over 8 sets of 25."""
    shares = []
    for i in range(8):
        rng, few = np.random.default_rng(i), slice(25 * i, 25 * i + 25)
        boxes = rng.permutation(np.arange(10) % 4)[y_new]
        new = learn(seer, X_new[few], boxes[few], 4, rng).eval()
        said = new.forward(X_new[200:]).argmax(axis=1)
        shares.append(np.mean(said == boxes[200:]))
    return np.mean(shares)


print(seer.summary(X_new[:25].shape))


# %% answer="convolution/transfer"
def transfer(model, X, y, num_classes, rng):
    """A network for another question on the frozen layers of this one."""
    ### BEGIN SOLUTION
    body = [copy.deepcopy(layer).freeze() for layer in model.layers[:-1]]
    head = nn.Linear(model.layers[-1].in_features, num_classes, rng=rng)
    new = nn.Sequential(*body, head)
    loss, optimizer = nn.CrossEntropyLoss(), nn.Adam(new, lr=0.05)
    options = {"batch_size": 25, "num_epochs": 50, "progress": False}
    fit(new, loss, optimizer, X, y, rng=rng, **options)
    return new
    ### END SOLUTION


# %% check="convolution/transfer"
check("convolution/transfer", transfer)

# %% [markdown]
r"""
## Afterwards

All five pass? Then ask what the 1000 sheets were worth, and whether it was right to freeze. Two others get
the same 25 sheets: a network that begins from scratch, and one that is fine-tuned, all of its layers. Put the
three in order before you run this in a new cell:

    def learn_all(model, X, y, num_classes, rng):
        head = nn.Linear(32, num_classes, rng=rng)
        new = nn.Sequential(*map(copy.deepcopy, model.layers[:-1]), head)
        fit(new, nn.CrossEntropyLoss(), nn.Adam(new, lr=0.01), X, y,
            batch_size=25, num_epochs=60, rng=rng, progress=False)
        return new

    def from_scratch(model, X, y, num_classes, rng):
        return learn_all(untrained(rng), X, y, num_classes, rng)

    for learn in (transfer, learn_all, from_scratch):
        print(learn.__name__, score(learn))

<details><summary>What came when we did</summary>

Frozen 0.68, fine-tuned 0.64, from scratch 0.50. With four other trained networks, each way at its best rate,
it was 0.69, 0.64 and 0.50, in the mean.

It is not always so. First this task asked for something else: a network that tells the digits 0 to 5 apart
was to learn 6 to 9, from 25 sheets. From scratch that gave 0.71. Four such networks gave 0.69, 0.72, 0.69
and 0.65 frozen, and 0.78, 0.72, 0.76 and 0.72 fine-tuned. With the first of them alone it had looked like a
clear gain. Another question about the digits it knew was near enough; other digits hardly were.
</details>
"""
