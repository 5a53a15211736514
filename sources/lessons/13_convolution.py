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

Three networks for pictures of digits. Two are made of layers as you know them (a *multi-layer perceptron*,
MLP): all 64 pixels go to each hidden unit. The third, a small relative of LeCun's LeNet, looks through
windows of 3 × 3 pixels; sections 1 to 3 say what its layers do. One MLP has as many weights as the LeNet, the
other eight times as many.

Then the same again, with one change: an order of the 64 pixels is drawn, and **every** picture, to train on
or new, is put into that order. No pixel is lost, and each keeps its meaning in all pictures. You could not
read them any more:
"""

# %%
digits = data.load_digits()
pictures = (digits.X / 16).reshape(-1, 1, 8, 8)  # n, channels, height, width
DRAWS = range(3)


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
**Predict:** which of the three is right about most new pictures as they are? And which of them loses by the
reordering, and how much?

Each is trained on 200 pictures, at several learning rates; the best rate on 400 others is judged on the 1,197
that are left. Three times, each time with another split, another start and another order.
"""


# %% jupyter={"source_hidden": true}
def lenet(first=16, second=24, classes=10):
    def make(rng):
        return Sequential(
            Conv2d(1, first, 3, padding=1, rng=rng),  # 16 maps of 8 x 8
            ReLU(),
            MaxPool2d(2),  # 16 maps of 4 x 4
            Conv2d(first, second, 3, padding=1, rng=rng),  # 24 of 4 x 4
            ReLU(),
            MaxPool2d(2),  # 24 maps of 2 x 2
            Flatten(),  # 96 numbers
            Linear(4 * second, classes, rng=rng),
        )

    return make


def mlp(width):
    def make(rng):
        first = Linear(64, width, rng=rng)
        return Sequential(Flatten(), first, ReLU(), Linear(width, 10, rng=rng))

    return make


def draw(seed):
    """Row numbers: to train on, to choose by, new ones."""
    order = np.random.default_rng(seed).permutation(len(digits.y))
    return np.split(order, [200, 600])


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
            batch_size=20,
            num_epochs=20,
            rng=[np.random.default_rng(seed) for _ in rates],
            progress=False,
        )
        right = predict(fleet, X, batch_size=300).argmax(axis=-1) == digits.y
        scores.append(
            [right[:, part].mean(axis=1) for part in (validation, new)]
        )
    return np.moveaxis(scores, 0, -1)


# %% tags=["predict"]
networks = {
    "small LeNet": (lenet(), [0.003, 0.01, 0.03]),
    "MLP, 61 hidden": (mlp(61), [0.001, 0.004, 0.016, 0.064]),
    "MLP, 512 hidden": (mlp(512), [0.001, 0.004, 0.016, 0.064]),
}
right = {}
print("network          weights  pixels        rate   new pictures")
for name, (make, rates) in networks.items():
    weights = make(np.random.default_rng(0)).flat.size
    for order in ("as they are", "reordered"):
        if (name, order) == ("MLP, 512 hidden", "reordered"):
            continue  # the other MLP shows it in less time
        validation, new = train(make, rates, order)
        best = validation.mean(axis=1).argmax()
        right[name, order] = new[best]
        print(f"{name:15} {weights:8}  {order:12} {rates[best]:5}", end="")
        print(f"   {new[best].mean():.3f} ± {new[best].std():.3f}")

# %% tags=["predict"] jupyter={"source_hidden": true}
for order in ("as they are", "reordered"):
    for name in ("MLP, 61 hidden", "MLP, 512 hidden"):
        if (name, order) not in right:
            continue
        lead = right["small LeNet", order] - right[name, order]
        print(f"{order:12} lead over {name:15} {lead.mean():+.3f}", end="")
        print(f", by draw {np.round(lead, 3) + 0.0}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

As they are, the three are close: 0.933 for the small LeNet, 0.931 for the MLP with as many weights, 0.935
for the MLP with eight times as many. Lessons often promise that a LeNet *beats* an MLP. On these small
digits, with 200 to train on, it is level with a much larger one, and no more; its lead over the one with as
many weights is less than what draws differ by. The other half is clear: reordered, the
MLP stays where it was, and the small LeNet falls by 0.04, behind the MLP in every draw.

</details>

<details><summary>How the three were picked</summary>

On the 400 rows to choose by of eight other draws (100 to 107), trained for 30 epochs. There the small
LeNet, with 16 and 24 filters, got 0.924, one with 12 and 24 got 0.918; MLPs with 61, 128, 256 and 512 hidden
units got 0.915, 0.918, 0.918 and 0.920. A LeNet with 8 and 16 filters was level with the best MLP when both
had 500 pictures, and one without a second pooling had lost to it. So you see the form that did best. And
other draws of these 1,797 pictures are not other pictures.

On 15 further draws, 3 to 17, the small LeNet was ahead of the MLP with 61 units by 0.008, and level with the
one with 512; reordered it was behind the one with 61 by 0.017.

</details>

For the MLP an order is only a renaming: its first layer has a weight for each pixel, wherever that pixel is.
The small LeNet is built on an assumption: *pixels that lie side by side belong together, and what is worth
knowing at one place is worth knowing at another*. The reordering breaks that, and leaves all else as it is.
So what the LeNet loses by it, it owed to the neighbourhoods. A network with layers like this is a
**convolutional neural network (CNN)**.

## 1. A filter drawn by hand

Take a picture that is dark on the left and light on the right, and nine weights in a square. Lay the square
on the picture, multiply what lies on top of each other, add it up. Then move on by one pixel, and again, with
**the same nine weights**:

$$y_{i,j} = \sum_{u,v} K_{u,v}\, x_{i+u,\,j+v} + b$$

Aloud: the answer at row i, column j is the sum, over the rows u and columns v of the square, of each weight
times the pixel under it, plus a bias. $K$ is the **convolution kernel**, or filter, and $y$ its *feature
map*. (In mathematics the kernel is turned round first. Where weights are learnt, that makes no difference.)
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
One number, from two filters that nobody trained, is right about 93 of 100 of the other half. (With ten other
halves it was 91 to 95; how much ink there is gave 52 to 57. Eight pairs of filters that were drawn at random
gave 52 to 98: one of them says more than ours, seven less.) In a CNN training chooses the filters, and
combines them. To get information out of pictures is the
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
and blue). A filter then has a square of weights for each channel, and its answer is the sum over all of them.
Two nested loops in Python would be slow. So write what each window sees into a row ("image to column",
*im2col*), and the weights of each filter into a column. Then a convolution is what you know: $XW + b$.
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
16 maps of 64. Three ways to do that: one filter for each map; the same windows, but each place with weights
of its own (*locally connected*); all pixels to all units.
"""

# %%
shared = Conv2d(1, 16, 3, padding=1, rng=rng)
dense = Linear(64, 16 * 64, rng=rng)
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
    because="16 filters × (3 × 3 weights + 1 bias) = 160 for all 64 places; without sharing 64 × 160 = "
    "10,240, and all to all 64 × 1,024 + 1,024 = 66,560",
)

# %% [markdown]
r"""
The count of the shared layer does not contain the size of the picture. On 800 × 800 pixels it would still be
160.

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
every_second = change(lambda X: X[..., ::2, ::2])
print(f"every second row and column, no maximum: {every_second:.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "pooling-lowers-dimension",
    because="8 × 8 / (2 × 2) = 4 × 4: a quarter of the numbers of each map, and 0 weights",
)

# %% [markdown]
r"""
Pooling gives up where exactly something was, and so the maxima change less than the pixels do. To leave out
pixels is not enough for that, as the last number shows. On the way
back the slope of each window goes to its largest number, which is what the answer was; the others get 0:
"""

# %%
layer, window = MaxPool2d(2), np.array([[[[1.0, 5.0], [2.0, 3.0]]]])
print(layer.forward(window), layer.backward(np.array([[[[0.7]]]])))

# %% [markdown]
r"""
**What a unit sees.** A unit of the first layer sees 3 × 3 pixels, its *receptive field*. A unit behind it
sees more, since its window is one of windows. A layer with kernel $k$ makes the field wider by $k - 1$ steps.
How many pixels is a step? At first one. Behind a pooling with stride 2 neighbours lie two pixels apart, so a
step is two; behind another it would be four:
"""

# %%
field, step = 1, 1
for name, k, stride in (("conv", 3, 1), ("pool", 2, 2), ("conv", 3, 1)):
    field, step = field + (k - 1) * step, step * stride
    print(f"after {name}: {field} × {field}")

# %% [markdown]
r"""
Is it so? Raise one pixel after the other by a half, in 100 pictures, and see how far the units of one place
move, in a small LeNet that is trained. If the sum is right, pixels outside the field move nothing at all. (Of
the 8 × 8 of the last field, one row and one column lie in the padding.)
"""

# %%
model = lenet()(np.random.default_rng(0))
rows = draw(0)[0]
fit(
    model,
    CrossEntropyLoss(),
    Adam(model, lr=0.01),
    pictures[rows],
    digits.y[rows],
    batch_size=20,
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
    "the last panel the rim of the field moves it less than the pixels inside.",
)

# %% [markdown]
r"""
The last layer, `Linear`, sees all of it. Two convolutions and a pooling were enough to look at nearly the
whole of so small a picture. Inside its field not all pixels count alike: those at the rim lie in
fewer windows.

The same network in PyTorch, given these weights:
"""

# %% jupyter={"source_hidden": true}
twin = torch.nn.Sequential(
    torch.nn.Conv2d(1, 16, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(16, 24, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Linear(96, 10),
).double()
with torch.no_grad():
    for ours, theirs in zip(model.layers, twin, strict=True):
        if hasattr(ours, "W"):
            W = ours.W if ours.W.ndim == 4 else ours.W.T
            theirs.weight.copy_(torch.tensor(W))
            theirs.bias.copy_(torch.tensor(ours.b))
    logits = twin(torch.tensor(pictures)).numpy()
gap = np.abs(predict(model, pictures) - logits).max()
print("logits equal to PyTorch's, to 1e-9:", bool(gap < 1e-9))

# %% [markdown]
r"""
## 4. Filters that somebody else has learnt

If one filter serves all places, might it serve another *task*? Train a small LeNet (8 and 16 filters here, to
save time) on one task of which there are many labelled pictures, the *source* (**pre-training**). Then give
it a new task with few of them, 10, 25 or 100. That is **transfer learning**, and there are two ways:

- *frozen*: keep all its layers but the last as they are, and train the last only;
- **fine-tuning**: all layers go on learning.

Against them stands the same network *from scratch*. Two pairs of tasks, each with 901 pictures for the
source:

- *other classes*: the source is the digits 0 to 4, the task 5 to 9. The last layer is a new one.
- *moved*: the source is all ten digits, the task other pictures of them, moved to the right by a pixel, as
  from another scanner.

Each way gets the same 80 steps, and the rate that is best for it, chosen on 300 other pictures of the task,
separately after 10 steps and after 80. (Who has 10 labelled pictures does not have 300 to choose by. It
gives each way its best, and flatters all of them.)

**Predict:** for which of the two is the pre-trained network ahead, and with how many labelled pictures is its
lead the largest?
"""

# %%
moved = np.zeros_like(pictures)
moved[..., 1:] = pictures[..., :-1]
tasks = {"other classes": (pictures, 5), "moved": (moved, 10)}


def rows_of(task, seed):
    """Row numbers: source (901), task (100), to choose by (300), new."""
    order = np.random.default_rng(seed).permutation(len(digits.y))
    if task == "other classes":  # 0 to 4 first, they are 901
        order = order[np.argsort(digits.y[order] >= 5, kind="stable")]
    return np.split(order, [901, 1001, 1301])


# %% jupyter={"source_hidden": true}
sources = {}
for task, (_, classes) in tasks.items():
    for seed in DRAWS:
        rows = rows_of(task, seed)[0]
        model = lenet(8, 16, classes)(np.random.default_rng(seed))
        fit(
            model,
            CrossEntropyLoss(),
            Adam(model, lr=0.01),
            pictures[rows],
            digits.y[rows] % classes,
            batch_size=50,
            num_epochs=6,
            rng=np.random.default_rng(seed),
            progress=False,
        )
        sources[task, seed] = model


# %% jupyter={"source_hidden": true}
def start(task, way, seed):
    """The network that a way begins with, and what goes into it."""
    X, classes = tasks[task]
    if way == "from scratch":
        return lenet(8, 16, classes)(np.random.default_rng(20 + seed)), X
    *body, last = deepcopy(sources[task, seed].layers)
    if task == "other classes":
        last = Linear(64, classes, rng=np.random.default_rng(40 + seed))
    if (
        way == "frozen"
    ):  # what its body gives out never changes: once is enough
        return Sequential(last), predict(Sequential(*body), X, batch_size=100)
    return Sequential(*body, last), X


# %% jupyter={"source_hidden": true}
def learn(task, way, n, rates):
    """By number of steps: accuracy of each draw on new rows, at the best rate, and that rate."""
    scores = []
    for seed in DRAWS:
        model, X = start(task, way, seed)
        fleet = Fleet([deepcopy(model) for _ in rates])
        optimizer, y = Adam(fleet, lr=rates), digits.y % tasks[task][1]
        _, rows, *others = rows_of(task, seed)
        seen = []
        for num_steps in (10, 70):
            fit(
                fleet,
                CrossEntropyLoss(),
                optimizer,
                X[rows[:n]],
                y[rows[:n]],
                batch_size=20,
                num_epochs=num_steps // -(-n // 20),  # batches: rounded up
                rng=[np.random.default_rng(seed) for _ in rates],
                progress=False,
            )
            seen.append(
                [
                    np.mean(
                        predict(fleet, X[part], batch_size=100).argmax(axis=-1)
                        == y[part],
                        axis=1,
                    )
                    for part in others
                ]
            )
        scores.append(seen)
    found = {}
    for num_steps, (chosen_by, new) in zip(
        (10, 80), np.moveaxis(scores, 0, -1), strict=True
    ):  # each (rates, draws)
        best = chosen_by.mean(axis=1).argmax()
        found[num_steps] = new[best], rates[best]
    return found


# %% tags=["predict"]
RATES = {
    "frozen": [0.0001, 0.001, 0.01, 0.1, 1.0],
    "fine-tuned": [0.0001, 0.001, 0.01, 0.1],
    "from scratch": [0.001, 0.006, 0.03, 0.15],
}
ROWS, accuracy = (10, 25, 100), {}
print("task           rows  way           10 steps (rate)   80 steps (rate)")
for task in tasks:
    for n in ROWS:
        for way, rates in RATES.items():
            print(f"{task:14} {n:4}  {way:12}", end="")
            for num_steps, (new, rate) in learn(task, way, n, rates).items():
                accuracy[task, way, n, num_steps] = new
                print(f"  {new.mean():.2f} ± {new.std():.2f} ({rate})", end="")
            print()

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.accuracy_by_rows(
        ROWS,
        {
            task: {
                way: np.array([accuracy[task, way, n, 80] for n in ROWS])
                for way in RATES
            }
            for task in tasks
        },
    ),
    alt="Accuracy on new rows after 80 steps by labelled rows, 10, 25, 100, in two panels. Other classes: "
    "all three ways rise from about 0.65 to above 0.9, and from scratch is the highest at 25 and 100. Moved: "
    "fine-tuned is the highest throughout, frozen a little below, and from scratch the lowest, most at 10.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

*Moved:* after 80 steps fine-tuning is ahead of training from scratch by 0.19 with 10 labelled pictures, 0.14
with 25 and 0.07 with 100. Frozen layers do nearly as well. *Other classes:* there is no lead. With 10
pictures the ways are level, with 25 and 100 the network from scratch is the best. What the filters had learnt
on 0 to 4 did not help with 5 to 9.

On ten fresh groups of three draws, with 25 pictures, fine-tuning led by 0.12 to 0.20 on moved digits, and by
−0.06 to 0.02 on other classes. So there from scratch is no worse; that it is better is less sure.

</details>

What you may hear is that pre-training and fine-tuning reach *higher performance in fewer iterations*. If that
held as such, there would be a lead for both tasks, at 10 steps and at 80:
"""

# %% tags=["predict"] jupyter={"source_hidden": true}
lead = {}
for task in tasks:
    for num_steps in (10, 80):
        for n in ROWS:
            one = (
                accuracy[task, "fine-tuned", n, num_steps]
                - accuracy[task, "from scratch", n, num_steps]
            )
            lead[task, n, num_steps] = one
            print(f"{task:14} {n:4} rows, {num_steps:2} steps: lead", end="")
            print(f" {one.mean():+.2f} ± {one.std():.2f}")

# %% jupyter={"source_hidden": true}
gap = lead["moved", 25, 80] - lead["other classes", 25, 80]
claim(
    "fine-tuning-is-better-sooner",
    measured=gap.mean(),
    digits=2,
    what="lead of fine-tuning over training from scratch, 25 rows, 80 steps: moved digits less other "
    "classes, mean of 3 draws",
)

# %% [markdown]
r"""
<details><summary>Sooner? Higher?</summary>

*Sooner* it clearly was for moved digits; for other classes the draws differ by about as much as the lead.
*Higher* it was for moved digits only. (With 100 moved pictures 10 steps from scratch are too few: it hardly
does more than guess, at eight rates from 0.001 to 0.06, too.)

</details>

<details><summary>How the two tasks were picked</summary>

Other classes had been planned, and gave no gain. Then we tried two more on other draws: digits moved by a
pixel, and digits upside down, where fine-tuning had no lead after 120 steps either. Here you see the planned
one and the one that gained: proof that there are both, not how often each comes.

</details>

The [companion](13_convolution_heard.ipynb) asks what a pre-trained network brings along.

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
- It lives on neighbourhoods that mean something: level with a larger MLP as the pixels are, behind an MLP of
  its own size when they are reordered.
- A pre-trained network helped where the classes stayed, most with few labelled rows; for other classes it did
  not. Compare at each way's best rate.
"""

# %% jupyter={"source_hidden": true}
terms("13_convolution")

# %% [markdown]
r"""
Now you: [exercise 13](../exercises/13_convolution/13_convolution.ipynb). For a second reading: [what you may
have heard](13_convolution_heard.ipynb), with a convolution over time. Before: [lesson
12](12_overfitting.ipynb). Next: [lesson 14](14_sequences.ipynb), sequences.

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
