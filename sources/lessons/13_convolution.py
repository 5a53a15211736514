# %% [markdown]
r"""
# 13 · Convolution: one small filter, at every place

Networks for pictures, sound and genomes look at small neighbourhoods, and at all of them with the same
weights. This lesson draws such a filter by hand, takes its slope, and tests what it owes to the
neighbourhoods.

**You will be able to**

- compute a convolution by hand, as a matrix product, and its way back;
- count weights, and say which pixels a unit sees;
- test whether a network uses the order of its inputs;
- start from a trained network when you have few labelled rows, and compare that fairly.

**Time:** {minutes} minutes.
**Before this:** layers and shapes from [04](04_forward.ipynb), the way back from [05](05_backward.ipynb),
validation rows from [01](01_data_splits.ipynb).
"""

# %% jupyter={"source_hidden": true}
from copy import deepcopy

import numpy as np
import torch
from torch.nn import functional

from helpers import data
from helpers.claims import claim
from helpers.explore.convolution import explorer
from helpers.figures import convolution as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import (
    Adam,
    Conv2d,
    CrossEntropyLoss,
    Flatten,
    Fleet,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
)
from helpers.training import fit, predict

# %% [markdown]
r"""
## The same pixels, in another order

Two networks for pictures of digits. One is made of layers as you know them (a *multi-layer perceptron*, MLP):
all 64 pixels go to each hidden unit. The other, a small relative of LeCun's LeNet, looks through windows of 3
× 3 pixels; sections 1 to 3 say what its layers do. It has fewer weights.

Then the same again, with one change: an order of the 64 pixels is drawn, and **every** picture, to train on
or new, is put into that order. No pixel is lost, and each keeps its meaning in all pictures. You could not
read them any more:
"""

# %%
digits = data.load_digits()
pictures = (digits.X / 16).reshape(-1, 1, 8, 8)  # n, channels, height, width
DRAWS = range(4)


def reordered(seed):
    """All pictures, their pixels in an order that is drawn."""
    order = np.random.default_rng(100 + seed).permutation(64)
    return pictures.reshape(-1, 64)[:, order].reshape(pictures.shape)


# %% jupyter={"source_hidden": true}
show(
    figures.two_orders(
        {"as they are": pictures[:8, 0], "reordered": reordered(0)[:8, 0]}
    ),
    alt="The digits 0 to 7, and below each the same pixels in another order: scattered grey squares in which "
    "no digit can be seen.",
)

# %% [markdown]
r"""
**Predict:** which of the two networks is right about more new pictures as they are? And which of them loses
by the reordering, and how much?

Each is trained on 500 pictures, at several learning rates, the MLP in three widths; what is best on 400
others is judged on the 897 that are left. Four times, each time with another split, another start and another
order.
"""


# %% jupyter={"source_hidden": true}
def small_lenet(rng, classes=10):
    return Sequential(
        Conv2d(1, 12, 3, padding=1, rng=rng),  # 12 maps of 8 x 8
        ReLU(),
        MaxPool2d(2),  # 12 maps of 4 x 4
        Conv2d(12, 24, 3, padding=1, rng=rng),  # 24 maps of 4 x 4
        ReLU(),
        MaxPool2d(2),  # 24 maps of 2 x 2
        Flatten(),  # 96 numbers
        Linear(96, classes, rng=rng),
    )


def mlp(width):
    def make(rng):
        first = Linear(64, width, rng=rng)
        return Sequential(Flatten(), first, ReLU(), Linear(width, 10, rng=rng))

    return make


def draw(seed):
    """Row numbers: to train on, to choose by, new ones."""
    order = np.random.default_rng(seed).permutation(len(digits.y))
    return np.split(order, [500, 900])


def train(make, rates, order):
    """Accuracy on the rows to choose by and on new ones (2, rates, draws)."""
    scores = []
    for seed in DRAWS:
        X = reordered(seed) if order == "reordered" else pictures
        rows, validation, new = draw(seed)
        fleet = Fleet([make(np.random.default_rng(seed)) for _ in rates])
        fit(
            fleet,
            CrossEntropyLoss(),
            Adam(fleet, lr=rates),
            X[rows],
            digits.y[rows],
            batch_size=50,
            num_epochs=25,
            rng=[np.random.default_rng(seed) for _ in rates],
            progress=False,
        )
        right = predict(fleet, X, batch_size=300).argmax(axis=-1) == digits.y
        scores.append(
            [right[:, part].mean(axis=1) for part in (validation, new)]
        )
    return np.moveaxis(scores, 0, -1)


# %% tags=["predict"]
RATES = [0.003, 0.01, 0.03]
makers = {"small LeNet": small_lenet}
makers |= {f"MLP, {w} hidden": mlp(w) for w in (64, 128, 256)}
right = {}
print("network          weights  pixels        rate   new pictures")
for name, make in makers.items():
    weights = make(np.random.default_rng(0)).flat.size
    for order in ("as they are", "reordered"):
        validation, new = train(make, RATES, order)
        best = validation.mean(axis=1).argmax()
        right[name, order] = validation[best].mean(), new[best]
        print(f"{name:15} {weights:8}  {order:12} {RATES[best]:5}", end="")
        print(f"   {new[best].mean():.3f} ± {new[best].std():.3f}")

# %% tags=["predict"]
for order in ("as they are", "reordered"):
    best_mlp = max(
        (right[name, order] for name in makers if name.startswith("MLP")),
        key=lambda one: one[0],  # by the rows to choose by
    )
    lead = right["small LeNet", order][1] - best_mlp[1]
    print(f"{order:12} lead over the best MLP {lead.mean():+.3f}", end="")
    print(f", by draw {np.round(lead, 3) + 0.0}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

PROSE: as they are, the small LeNet is ahead by …, with 3,706 weights against … of the best MLP. Reordered,
the MLP stays where it was, and the small LeNet falls to …, its lead is gone.

</details>

For the MLP an order is only a renaming: its first layer has a weight for each pixel, wherever that pixel is,
so what it can learn is the same, and only the start and the shuffling are other ones. The small LeNet is
built on an assumption: *pixels that lie side by side belong together, and what is worth knowing at one place
is worth knowing at another*. If only the smaller number of weights helped, it would have helped in both
orders. A network with layers like this is a **convolutional neural network (CNN)**.

## 1. A filter drawn by hand

Take a picture that is dark on the left and light on the right, and nine weights in a square. Lay the square
on the picture, multiply what lies on top of each other, add it up. Then move on by one pixel, and again, with
**the same nine weights**:

$$y_{i,j} = \sum_{u,v} K_{u,v}\, x_{i+u,\,j+v} + b$$

Aloud: the answer at row i, column j is the sum, over the rows u and columns v of the square, of each weight
times the pixel under it, plus a bias. $K$ is the **convolution kernel**, or filter, and $y$ its *feature
map*. (In mathematics the kernel is turned round first, and what networks do is called a cross-correlation.
Where weights are learnt, it makes no difference.)
"""


# %%
def convolve(picture, K, b=0.0):
    """Lay K (k, k) on every place of a picture (H, W)."""
    k, (H, W) = len(K), picture.shape
    out = np.empty((H - k + 1, W - k + 1))
    for i, j in np.ndindex(out.shape):
        out[i, j] = np.sum(K * picture[i : i + k, j : j + k]) + b
    return out


half = np.zeros((5, 7))
half[:, 4:] = 1  # 1 is light here
upright = np.array([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
print("upright filter:\n", convolve(half, upright), sep="")
print("level filter:\n", convolve(half, upright.T), sep="")

# %% [markdown]
r"""
Nobody trained anything, and the first filter has found the edge. It says right side minus left side, so it is
0 wherever nothing changes from left to right. The second one is the same, turned, says lower minus upper, and
finds no edge here. Now both on digits, where ink is 1:
"""

# %% jupyter={"source_hidden": true}
chosen = [4, 7]  # one four, one seven
padded = np.pad(pictures[:, 0], ((0, 0), (1, 1), (1, 1)))
show(
    figures.feature_maps(
        pictures[chosen, 0],
        {
            name: np.array([convolve(padded[i], K) for i in chosen])
            for name, K in {"upright": upright, "level": upright.T}.items()
        },
    ),
    alt="A four and a seven, each beside the feature maps of the two filters. The upright filter is red on "
    "the left edges of upright strokes and blue on their right edges. The level filter is red on the upper "
    "edges of level strokes and blue on the lower ones.",
)

# %% [markdown]
r"""
Does such a map say anything about the class? One number for each picture: how large the answers of the
upright filter are, as a share of both filters' answers. A single threshold on it, set on half of the ones and
sevens, is tried on the other half. If the filters found nothing that matters, it would be right about half.
"""


# %%
def answers(X, K):
    """Mean size of a filter's answers, one number for each picture."""
    maps = functional.conv2d(torch.tensor(X), torch.tensor(K)[None, None])
    return maps.abs().mean(dim=(1, 2, 3)).numpy()


two = (digits.y == 1) | (digits.y == 7)
up, level = answers(pictures[two], upright), answers(pictures[two], upright.T)
share, is_one = up / (up + level), digits.y[two] == 1
order = np.random.default_rng(0).permutation(len(share))
a, b = order[:180], order[180:]
limits = np.sort(share[a])
fits = [np.mean((share[a] > limit) == is_one[a]) for limit in limits]
limit = limits[np.argmax(fits)]
print(f"ones {share[is_one].mean():.2f}, sevens {share[~is_one].mean():.2f}")
print(
    f"right on the other half: {np.mean((share[b] > limit) == is_one[b]):.2f}"
)

# %% [markdown]
r"""
PROSE: one number, from filters that nobody trained, is right about …. That is what the layers of a CNN begin
with; training only chooses better filters, and combines them. To get information out of pictures is the
subject of **computer vision**; to name a picture, as here, is one task of it, **object detection**, which
answers with boxes and their classes, another.

**What moves, moves along.** Shift the picture by a pixel, and its map is shifted by a pixel, number by
number:
"""

# %%
picture = padded[4]
moved = np.zeros_like(picture)
moved[:, 1:] = picture[:, :-1]  # the last column is paper
map_of, map_of_moved = convolve(picture, upright), convolve(moved, upright)
print(np.array_equal(map_of_moved[:, 1:], map_of[:, :-1]))

# %% [markdown]
r"""
**At the border** a 3 × 3 window fits into 8 × 8 pixels at 6 × 6 places only. A border of zeros around the
picture, the *padding*, gives the outer pixels a window, too. And the window need not move by one pixel: by
how many it moves is the *stride*. For size $s$, padding $p$, kernel $k$ and stride $t$ the map has

$$\Big\lfloor \frac{s + 2p - k}{t} \Big\rfloor + 1$$

rows: how often the window can still move on, rounded down, and the place where it starts.
"""

# %%
for padding, stride in ((0, 1), (1, 1), (0, 2), (1, 2)):
    ours = (8 + 2 * padding - 3) // stride + 1
    layer = torch.nn.Conv2d(1, 1, 3, padding=padding, stride=stride)
    theirs = layer(torch.zeros(1, 1, 8, 8)).shape[-1]
    print(f"padding {padding}, stride {stride}: {ours}, PyTorch {theirs}")

# %% [markdown]
r"""
### Try it

A filter in three stripes, upright or level, and what it answers to a digit. **Predict** first: which weights
answer nothing to an even area? Which turn a stroke into two edges, which into one line? And what do three
equal stripes do?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

All filters whose weights add up to 0 are silent where nothing changes. With −1, 0, 1 a stroke has an edge of
each sign. With −1, 2, −1 it answers to the stroke itself, with the other sign beside it. Three equal stripes
average: the picture becomes blurred.

</details>

## 2. All windows at once, and the way back

Real layers have many filters, and their inputs many *channels*: the maps of the layer before (or red, green
and blue). A filter then has a square of weights for each channel, and adds over all of them. Two nested loops
in Python would be slow. So write what each window sees into a row ("image to column", *im2col*), and the
weights of each filter into a column. Then a convolution is what you know: $XW + b$.
"""


# %%
def windows(X, k):
    """What each window sees: X (n, C, H, W) → (n, oh, ow, C, k, k)."""
    view = np.lib.stride_tricks.sliding_window_view(X, (k, k), axis=(2, 3))
    return view.transpose(0, 2, 3, 1, 4, 5)  # C to the window's weights


def conv(X, W, b):
    """W (filters, C, k, k) → (n, filters, oh, ow)."""
    seen = windows(X, W.shape[-1])
    rows = seen.reshape(*seen.shape[:3], -1)  # (n, oh, ow, C·k·k)
    return (rows @ W.reshape(len(W), -1).T + b).transpose(0, 3, 1, 2)


# %% [markdown]
r"""
The way back follows from that. For the weights it is the rule of a linear layer, $X^\top d$, over all windows
of all pictures: **every place adds its part to the same nine slopes**. For the pixels: each window gets the
slopes $d\,W^\top$ of what it saw, and hands them back to its pixels. A pixel lies in up to nine windows, and
what they hand back adds up.
"""


# %%
def conv_backward(d_out, X, W):
    """dX, dW and db from d_out (n, filters, oh, ow)."""
    k, (oh, ow) = W.shape[-1], d_out.shape[2:]
    d = d_out.transpose(0, 2, 3, 1)  # (n, oh, ow, filters)
    flat = d.reshape(-1, len(W))
    rows = windows(X, k).reshape(len(flat), -1)
    dW, db = (flat.T @ rows).reshape(W.shape), flat.sum(axis=0)
    handed = (d @ W.reshape(len(W), -1)).reshape(*d.shape[:3], *W.shape[1:])
    dX = np.zeros_like(X)
    for i, j in np.ndindex(k, k):  # pixel (i, j) of all windows at once
        part = handed[..., i, j].transpose(0, 3, 1, 2)
        dX[:, :, i : i + oh, j : j + ow] += part
    return dX, dW, db


# %%
rng = np.random.default_rng(0)
X, W = rng.normal(size=(5, 2, 8, 8)), rng.normal(size=(3, 2, 3, 3))
b, d_out = rng.normal(size=3), rng.normal(size=(5, 3, 6, 6))
tensors = [torch.tensor(one, requires_grad=True) for one in (X, W, b)]
out = functional.conv2d(*tensors)
out.backward(torch.tensor(d_out))
gap = np.abs(conv(X, W, b) - out.detach().numpy()).max()
print("forward equal to PyTorch's, to 1e-12:", bool(gap < 1e-12))
pairs = zip(conv_backward(d_out, X, W), tensors, strict=True)
for name, (ours, theirs) in zip(("dX", "dW", "db"), pairs, strict=True):
    gap = np.abs(ours - theirs.grad.numpy()).max()
    print(f"{name} equal, to 1e-12:", bool(gap < 1e-12))

# %% [markdown]
r"""
`helpers.nn.Conv2d` is this, with padding and stride, and is what the small LeNet is made of.

## 3. Counted: shared weights, pooling, what a unit sees

**Weight sharing**: one set of weights for all places. The first layer of the small LeNet turns 64 pixels into
12 maps of 64. Three ways to do that: one filter for each map; the same windows, but each place with weights
of its own (*locally connected*); all pixels to all units.
"""

# %%
shared = Conv2d(1, 12, 3, padding=1, rng=rng)
dense = Linear(64, 12 * 64, rng=rng)
counts = {
    "shared": shared.W.size + shared.b.size,
    "own weights at each place": 64 * (shared.W.size + shared.b.size),
    "all to all": dense.W.size + dense.b.size,
}
for name, count in counts.items():
    print(f"{name:26} {count:6,}")

# %% jupyter={"source_hidden": true}
claim(
    "cnn-shares-weights",
    because="12 filters × (3 × 3 weights + 1 bias) = 120 for all 64 places; without sharing 64 × 120 = "
    "7,680, and all to all 64 × 768 + 768 = 49,920",
)

# %% [markdown]
r"""
The count of the shared layer does not contain the size of the picture. On 800 × 800 pixels it would still be
120.

**Pooling** takes one number for each window, the largest (*max pooling*) or the mean. It has no weights.
Windows of 2 × 2 that do not overlap halve height and width. By hand, with a reshape that gives each window
two axes of its own:
"""


# %%
def max_pool(X):
    """The largest of each 2 × 2: (n, C, H, W) → (n, C, H/2, W/2)."""
    n, C, H, W = X.shape
    return X.reshape(n, C, H // 2, 2, W // 2, 2).max(axis=(3, 5))


pooled = max_pool(pictures)
theirs = functional.max_pool2d(torch.tensor(pictures), 2).numpy()
print(pictures.shape, "→", pooled.shape, np.array_equal(pooled, theirs))


def change(f):
    """How far f moves when the pictures move by a pixel, as a share."""
    moved = np.zeros_like(pictures)
    moved[..., 1:] = pictures[..., :-1]
    before, after = f(pictures), f(moved)
    return np.linalg.norm(after - before) / np.linalg.norm(before)


print(f"pictures moved by a pixel: changed by {change(lambda X: X):.2f}")
print(f"after max pooling: {change(max_pool):.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "pooling-lowers-dimension",
    because="8 × 8 / (2 × 2) = 4 × 4: a quarter of the numbers of each map, and 0 weights",
)

# %% [markdown]
r"""
PROSE: pooling gives up where exactly something was: it changes by … in place of … when the picture moves.

**What a unit sees.** A unit of the first layer sees 3 × 3 pixels, its *receptive field*. A unit behind it
sees more, since its window is one of windows. Each layer with kernel $k$ adds $k - 1$ steps, and a step is as
many pixels wide as the strides before it, multiplied:
"""

# %%
field, step = 1, 1
for name, k, stride in (("conv", 3, 1), ("pool", 2, 2), ("conv", 3, 1)):
    field, step = field + (k - 1) * step, step * stride
    print(f"after {name}: {field} × {field}")

# %% [markdown]
r"""
Is it so? Raise one pixel after the other by a half, in 100 pictures, and see how far the units of one place
move, in the trained network. If the sum is right, pixels outside the field move nothing at all. (Of the
8 × 8 of the last field, one row and one column lie in the padding.)
"""

# %%
model = small_lenet(np.random.default_rng(0))
rows = draw(0)[0]
fit(
    model,
    CrossEntropyLoss(),
    Adam(model, lr=0.01),
    pictures[rows],
    digits.y[rows],
    batch_size=50,
    num_epochs=10,
    rng=np.random.default_rng(0),
    progress=False,
)


def moved_by(num_layers, i, j):
    """How far each pixel (8, 8) moves the units at place (i, j)."""
    part = Sequential(*deepcopy(model.layers[:num_layers]))
    some, effect = pictures[:100], np.zeros((8, 8))
    before = predict(part, some)[:, :, i, j]
    for r, c in np.ndindex(8, 8):
        raised = some.copy()
        raised[:, 0, r, c] += 0.5
        after = predict(part, raised)[:, :, i, j]
        effect[r, c] = np.abs(after - before).mean()
    return effect


effects = {
    "after conv": moved_by(1, 3, 3),
    "after conv, pool": moved_by(3, 1, 1),
    "after both convs": moved_by(4, 1, 1),
}
for name, effect in effects.items():
    print(f"{name:17} {np.sum(effect > 0)} pixels move it")

# %% jupyter={"source_hidden": true}
show(
    figures.receptive_fields(effects),
    alt="Three panels of 8 by 8 pixels. A unit of the first layer is moved by 3 by 3 pixels, after pooling "
    "by 4 by 4, and a unit of the second convolution by 7 by 7; all other pixels are crossed out. In "
    "the last panel the pixels in the middle of the field move it most.",
)

# %% [markdown]
r"""
The last layer, `Linear`, sees all of it. Two convolutions and a pooling were enough to look at nearly the
whole of so small a picture. (PROSE: inside its field a unit is moved most by … pixels: they lie in more
windows.)

## 4. Filters that somebody else has learnt

If one filter serves all places, might it serve another *task*? Train a small LeNet on 900 pictures of digits
(**pre-training**). Then give it a new task of which there are few labelled pictures, 10, 25 or 100. That is
**transfer learning**, and there are two ways:

- *frozen*: keep all its layers but the last as they are, and go on training the last;
- **fine-tuning**: all layers go on learning.

Against them stands the same network *from scratch*. There are two new tasks, both with other pictures: digits
that lie a pixel farther to the right, as from another scanner, and digits *upside down*. Each way gets the
same 120 steps, and the rate that is best for it: chosen on 300 other pictures of the task, separately after
12 steps and after 120. (Who has only 10 labelled pictures does not have 300 to choose by. It gives each way
its best, which is what we want to compare, and flatters all of them.)

**Predict:** for which of the tasks is the pre-trained network ahead, and with how many labelled pictures is
its lead the largest?
"""

# %%
moved = np.zeros_like(pictures)
moved[..., 1:] = pictures[..., :-1]
tasks = {"moved": moved, "upside down": pictures[:, :, ::-1]}


def rows_of(seed):
    """Row numbers: 900 for the source, 100 for the task, 300 to choose by, new ones."""
    order = np.random.default_rng(seed).permutation(len(digits.y))
    return np.split(order, [900, 1000, 1300])


# %% jupyter={"source_hidden": true}
sources = {}
for seed in DRAWS:
    rows = rows_of(seed)[0]
    model = small_lenet(np.random.default_rng(seed))
    fit(
        model,
        CrossEntropyLoss(),
        Adam(model, lr=0.01),
        pictures[rows],
        digits.y[rows],
        batch_size=50,
        num_epochs=15,
        rng=np.random.default_rng(seed),
        progress=False,
    )
    sources[seed] = model


def learn(start, inputs, rates, n):
    """Accuracy of each draw after 12 and after 120 steps, each time at the best rate, with that rate.

    `start(seed)` makes a model, `inputs(seed)` what goes into it."""
    scores = []
    for seed in DRAWS:
        fleet = Fleet([start(seed) for _ in rates])
        optimizer, X = Adam(fleet, lr=rates), inputs(seed)
        _, rows, *others = rows_of(seed)
        seen = []
        for num_steps in (12, 108):
            fit(
                fleet,
                CrossEntropyLoss(),
                optimizer,
                X[rows[:n]],
                digits.y[rows[:n]],
                batch_size=25,
                num_epochs=num_steps // max(1, n // 25),
                rng=[np.random.default_rng(seed) for _ in rates],
                progress=False,
            )
            seen.append(
                [
                    np.mean(
                        predict(fleet, X[part], batch_size=100).argmax(axis=-1)
                        == digits.y[part],
                        axis=1,
                    )
                    for part in others
                ]
            )
        scores.append(seen)
    found = []
    for chosen_by, new in np.moveaxis(scores, 0, -1):  # (rates, draws)
        best = chosen_by.mean(axis=1).argmax()
        found.append((new[best], rates[best]))
    return found


# %% tags=["predict"]
def features(seed, X):
    """What the layers before the last give out."""
    return predict(Sequential(*deepcopy(sources[seed].layers[:-1])), X)


ROWS, RATES, soon, late = (10, 25, 100), [0.001, 0.003, 0.01, 0.03], {}, {}
print("task         rows  way           12 steps (rate)     120 steps (rate)")
for task, X in tasks.items():
    frozen = {seed: features(seed, X) for seed in DRAWS}
    ways = {
        "frozen": (
            lambda seed: Sequential(deepcopy(sources[seed].layers[-1])),
            frozen.__getitem__,
        ),
        "fine-tuned": (lambda s: deepcopy(sources[s]), lambda s, X=X: X),
        "from scratch": (
            lambda s: small_lenet(np.random.default_rng(20 + s)),
            lambda s, X=X: X,
        ),
    }
    for n in ROWS:
        for name, way in ways.items():
            (a, rate), (b, later) = learn(*way, RATES, n)
            soon[task, name, n], late[task, name, n] = a, b
            print(f"{task:12} {n:4}  {name:12}", end="")
            print(f"  {a.mean():.2f} ± {a.std():.2f} ({rate})", end="")
            print(f"  {b.mean():.2f} ± {b.std():.2f} ({later})")

# %% tags=["predict"] jupyter={"source_hidden": true}
for task in tasks:
    show(
        figures.accuracy_by_rows(
            ROWS,
            {
                name: np.array([late[task, name, n] for n in ROWS])
                for name in ("frozen", "fine-tuned", "from scratch")
            },
        ),
        alt=f"PROSE: {task}: accuracy on new rows after 120 steps by the number of labelled rows, 10, 25 and "
        "100, for frozen layers, fine-tuning and training from scratch.",
    )

# %% [markdown]
r"""
<details><summary>What came out</summary>

PROSE: moved by a pixel, the pre-trained network is ahead by …, the more the fewer labelled pictures there
are. Upside down it is …

</details>

What you may hear is that pre-training and fine-tuning reach *higher performance in fewer iterations*. If that
held as such, the lead would be there for both tasks:
"""

# %%
lead = {}
for task in tasks:
    for steps, of in {12: soon, 120: late}.items():
        for n in ROWS:
            one = of[task, "fine-tuned", n] - of[task, "from scratch", n]
            lead[task, steps, n] = one
            print(f"{task:12} {n:4} rows, {steps:3} steps: lead", end="")
            print(f" {one.mean():+.2f} ± {one.std():.2f}")

# %% jupyter={"source_hidden": true}
gap = lead["moved", 120, 25] - lead["upside down", 120, 25]
claim(
    "fine-tuning-is-better-sooner",
    measured=gap.mean(),
    what="lead of fine-tuning over training from scratch, 25 rows, 120 steps: moved digits less those upside "
    "down, mean of 4 draws",
)

# %% [markdown]
r"""
Digits upside down have the same classes and the same strokes, and still nothing of use was carried over to
them here. The [companion](13_convolution_heard.ipynb) tries other classes: from 0 to 4 to 5 to 9.

## Think

1. A table has 30 columns: age, weight, blood pressure and so on. Does a convolution over the columns make
   sense?

<details><summary>Answer</summary>

Only if columns side by side belong together, and the same pattern means the same at all places. Here the
order of the columns is an accident: it is the reordered picture of the opening.

</details>

2. A layer has 16 filters of 5 × 5 on 3 channels. How many weights, on pictures of 32 × 32? And of 64 × 64?

<details><summary>Answer</summary>

16 · (3 · 25 + 1) = 1,216, for both.

</details>

3. You want to know whether it matters for your network that a picture is a picture. What do you do?

<details><summary>Answer</summary>

Reorder the pixels of all pictures in the same way and train again, each at its best rate. What it loses is
what it owed to the neighbourhoods.

</details>

4. You fine-tune at the rate with which the network was pre-trained, and it is no better than from scratch. Is
   pre-training useless here?

<details><summary>Answer</summary>

You do not know yet. A rate that is too high undoes what was learnt in a few steps. Give each way a grid of
rates whose best is not at its edge.

</details>

## Recap

- A convolution lays one small set of weights on every place. A filter drawn by hand finds edges.
- With the windows as rows it is a matrix product. Backwards every place adds to the same slopes of the
  weights, and each pixel collects from its windows.
- Shared weights: few, whatever the size of the picture, and a moved picture has a moved map.
- What it gains hangs on neighbourhoods that mean something: reordered pixels took it away.
- A pre-trained network helps most where labelled rows are few. Compare at each way's best rate.
"""

# %% jupyter={"source_hidden": true}
terms("13_convolution")

# %% [markdown]
r"""
Now you: exercise 13. For a second reading: [what you may have heard](13_convolution_heard.ipynb), with a
convolution over time. Before: [lesson 12](12_overfitting.ipynb). Next: lesson 14, sequences.

Sources

- Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, [Gradient-based learning applied to document
  recognition](https://doi.org/10.1109/5.726791), *Proceedings of the IEEE* 86, 1998: LeNet.
- K. Fukushima, [Neocognitron](https://doi.org/10.1007/BF00344251), *Biological Cybernetics* 36, 1980.
- K. Chellapilla, S. Puri, P. Simard, [High performance convolutional neural networks for document
  processing](https://inria.hal.science/inria-00112631), 2006: im2col.
- J. Yosinski and others, [How transferable are features in deep neural
  networks?](https://arxiv.org/abs/1411.1792), NIPS 2014; K. He, R. Girshick, P. Dollár, [Rethinking ImageNet
  pre-training](https://arxiv.org/abs/1811.08883), ICCV 2019.
"""
