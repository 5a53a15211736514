# %% [markdown]
r"""
# 04 · Forward: from pixels to probabilities

Layer after layer, a network multiplies, adds, and bends the result: it turns negative numbers into 0, say.
Once you can do that by hand, you can use a network that somebody else has trained, and see why a new one will
or will not learn.

**You will be able to**

- compute a neuron, a layer and a whole network by hand, and say the shape of every array;
- say what a layer without a non-linearity adds, and what a perceptron is, then and now;
- count parameters, and use weights that were trained elsewhere;
- choose the scale of the first weights, and see in the outputs of the layers when it is wrong.

**Time:** {minutes} minutes.
**Before this:** lesson [01](01_data_splits.ipynb), and scaling from [02](02_features.ipynb).
"""

# %% jupyter={"source_hidden": true}
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from helpers import data
from helpers.claims import claim
from helpers.explore.forward import explorer
from helpers.features import StandardScaler
from helpers.figures import forward as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.splits import three_way
from helpers.training import fit as fit_network
from helpers.training import sweep

# %% [markdown]
r"""
## Ten layers

You have points in a square. The class is 1 where exactly one of the two coordinates is negative. This is
called **XOR**, exclusive or. A *linear* model gives each point a score, $w_1 x_1 + w_2 x_2 + b$, and says 1
where the score is positive. `np.linalg.lstsq` finds the numbers with the smallest squared error (the targets
are −1 and 1).

Now make it deep. Before the linear model, the points go through ten **layers**. A layer multiplies its inputs
by a matrix `W` of random numbers and adds random numbers `b`: from 2 numbers to 100, then nine times from 100
to 100. That is 91,200 numbers more. They stay as they are; only the linear model at the end is fitted.
"""


# %%
def through(X, layers, bend):
    """The points after all layers; bend is done to what a layer gives."""
    for W, b in layers:
        X = bend(X @ W + b)
    return X


def nothing(z):
    return z


def relu(z):
    return np.maximum(z, 0)  # negative numbers become 0


def fit(H, y):
    """Least squares for targets -1 and 1, with a column of ones for b."""
    H = np.column_stack([H, np.ones(len(H))])
    return np.linalg.lstsq(H, 2 * y - 1)[0]


def answer(H, w):
    return np.column_stack([H, np.ones(len(H))]) @ w > 0


# %% [markdown]
r"""
Fit on 400 points, ask about 1,000 others, ten seeds. **Predict:** the linear model alone gets about half of
the points right. What do ten layers add? And what does a single one add, if its negative outputs are
replaced by 0?
"""


# %% tags=["predict"]
def random_layers(rng):
    """Ten pairs of W and b."""
    layers = []
    for n_in, n_out in pairwise([2] + [100] * 10):  # 2, 100; 100, 100; …
        W = rng.normal(size=(n_in, n_out)) / np.sqrt(n_in)
        layers.append((W, rng.normal(size=n_out)))
    return layers


def experiment(seed, num_layers, bend):
    """The answers for 1,000 new points, and whether they are right."""
    rng = np.random.default_rng(seed)
    X, y = data.xor(400, noise=0, rng=rng)
    X_new, y_new = data.xor(1000, noise=0, rng=rng)
    layers = random_layers(rng)[:num_layers]
    w = fit(through(X, layers, bend), y)
    ours = answer(through(X_new, layers, bend), w)
    return ours, ours == y_new


given = {}


def ten_seeds(name, num_layers, bend):
    runs = np.array([experiment(s, num_layers, bend) for s in range(10)])
    given[name] = runs[:, 0]  # the answers
    right = runs[:, 1].mean(axis=1)  # one share for each seed
    print(f"{name:20} {right.mean():.2f} ± {right.std():.2f}")


ten_seeds("the linear model", 0, nothing)
ten_seeds("after ten layers", 10, nothing)
ten_seeds("after one with relu", 1, relu)
same = given["the linear model"] == given["after ten layers"]
print("the first two agree for", same.sum(), "of", same.size, "points")

# %% [markdown]
r"""
<details><summary>What came out</summary>

0.53, 0.53 and 0.96. The ten layers change not one answer of 10,000.

</details>
"""

# %% jupyter={"source_hidden": true}
rng = np.random.default_rng(0)
X_xor, y_xor = data.xor(400, noise=0, rng=rng)
data.xor(1000, noise=0, rng=rng)
layers = random_layers(rng)
side = np.linspace(-1, 1, 100)
square = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
answers = {}
for title, (number, bend) in {
    "linear model": (0, nothing),
    "after ten layers": (10, nothing),
    "after one with relu": (1, relu),
}.items():
    w = fit(through(X_xor, layers[:number], bend), y_xor)
    answers[title] = answer(through(square, layers[:number], bend), w).reshape(
        100, 100
    )
show(
    figures.regions(X_xor, y_xor, answers),
    alt="Three squares with the same points. The linear model and the one after ten layers cut the square by "
    "the same straight line, with both classes on both sides. After one layer with relu, four corner "
    "regions follow the classes.",
)

# %% [markdown]
r"""
Why nothing? (Least squares did not even find the best line: one that cuts off a corner gets two thirds right.
Ten layers would add nothing to that one either.) Write two layers behind each other:

$$(X W_1 + b_1)\,W_2 + b_2 \;=\; X\,(W_1 W_2) + (b_1 W_2 + b_2)$$

Aloud: to multiply by $W_1$ and then by $W_2$ is to multiply once by their product, and the first $b$ goes
through the second layer. The right side is one layer. So all ten shrink to one:
"""

# %%
W, b = layers[0]
for W_next, b_next in layers[1:]:
    W, b = W @ W_next, b @ W_next + b_next
print("ten layers in one: W", W.shape, " b", b.shape)

gap = np.abs(X_xor @ W + b - through(X_xor, layers, nothing)).max()
print("largest difference below 1e-12:", bool(gap < 1e-12))

# %% [markdown]
r"""
A layer that multiplies and adds is called **Dense**, *fully connected* or *Linear*. What bends its output is
an **activation function**; where that is a layer of its own, it is an **Activation layer**. `relu` is one of
them (lesson 06 has the others). You may have heard two things about the pair:
"""

# %% jupyter={"source_hidden": true}
claim(
    "dense-is-non-linear",
    because="Two Dense layers in a row: (X W₁ + b₁) W₂ + b₂ = X (W₁W₂) + (b₁W₂ + b₂), one Dense layer. "
    "With relu between them there is no such line.",
)

# %% jupyter={"source_hidden": true}
claim(
    "activations-prevent-collapse",
    because="Without them n layers = one, W = W₁W₂…Wₙ: ten linear layers changed no answer. "
    "One layer with an activation did.",
)

# %% [markdown]
r"""
## 1. One neuron, and the perceptron

One column of `W` and one entry of `b` make a **neuron** (or *unit*). It takes the **weighted sum** of its
inputs and applies the activation function $\phi$ ("phi"):

$$z = w_1 x_1 + w_2 x_2 + \dots + b, \qquad a = \phi(z)$$

Aloud: each input times its **weight**, added up, plus the **bias** $b$; then bend. By hand, with relu:
$x = (1, 2)$, $w = (3, -1)$ and $b = -2$ give $z = 3 - 2 - 2 = -1$ and $a = 0$.
"""

# %% jupyter={"source_hidden": true}
claim(
    "weighted-sum-is-prediction",
    because="A neuron gives φ(w·x + b). The sum w·x alone is the prediction only where b is 0 and φ "
    "changes nothing; above, w·x is 1 and the neuron gives 0.",
)

# %% [markdown]
r"""
The oldest bend is a step: 1 if $z > 0$, else 0. The unit *fires* when $w \cdot x$ exceeds $-b$, so $-b$ is
its **threshold**. One such unit is what **perceptron** means today. XOR of two bits is too much for it. Among
100,000 units drawn at random, how many of the four cases does the best get?
"""

# %%
bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
exclusive = np.array([0, 1, 1, 0])

rng = np.random.default_rng(0)
W, b = rng.normal(size=(2, 100_000)), rng.normal(size=100_000)
fires = bits @ W + b > 0  # 4 cases, 100,000 units
cases_right = (fires == exclusive[:, None]).sum(axis=0)  # for each unit
print("best of 100,000 units:", cases_right.max(), "of 4")

# %% [markdown]
r"""
(`[:, None]` turns the four answers into a column, to be compared with every unit.) No unit can do better.
(0, 0) must not fire, so $b \le 0$. (0, 1) and (1, 0) must, so $w_2 + b > 0$ and $w_1 + b > 0$. Add the two:
$w_1 + w_2 + b > -b \ge 0$. So (1, 1) fires as well, and it must not.

That is often told as the end of Rosenblatt's perceptron of 1958. But his had **three** kinds of units:
sensory (S), association (A) and response (R). The wires from S to A were drawn by chance and stayed as they
were. Only the connections from A to R were trained. His machine, the Mark I, had 400 photocells, 512 A-units
and 8 R-units.
"""

# %% jupyter={"source_hidden": true}
show(
    figures.perceptrons(),
    alt="Left, as Rosenblatt built it: S-units, 400 photocells, joined by chance to 512 A-units by fixed "
    "wires, and each A-unit to each of the 8 R-units by trained ones. Right, the word today: inputs joined "
    "to one unit by trained connections.",
)

# %% [markdown]
r"""
You have seen this design: random numbers that stay, and a last layer that is fitted. Put his step in the
place of relu in the opening (and least squares in the place of his learning rule):
"""


# %%
def step(z):
    return np.where(z > 0, 1.0, 0.0)


ten_seeds("after one with step", 1, step)

# %% [markdown]
r"""
So a perceptron can do XOR or cannot: it depends on which of the two you mean. Nor does it take 100 units. Two
with relu are enough, with weights set by hand: the first adds the two bits, the second is 1 only if both are.
"""

# %%
W1, b1 = np.array([[1, 1], [1, 1]]), np.array([0, -1])
W2, b2 = np.array([[1], [-2]]), np.array([0])
hidden = relu(bits @ W1 + b1)
print("hidden units:\n", hidden)
print("output:", (hidden @ W2 + b2).ravel())  # as one flat row

# %% [markdown]
r"""
## 2. A layer and its shapes

What just solved XOR is a **neural network**: two inputs, a layer of two units, a layer of one. One speaks of
**input, hidden and output layers**: the data, those between, and the one that answers. (Hidden, since no data
say what their values should be.) Going through them in order is **forward propagation**, the *forward pass*,
with all samples at once. For a batch of $n$ samples:

$$\underset{(n,\ \text{out})}{z} \;=\; \underset{(n,\ \text{in})}{X} \;
\underset{(\text{in},\ \text{out})}{W} \;+\; \underset{(\text{out},)}{b}$$

Aloud: one sample a row, one neuron a column. The inner sizes have to be equal, and they vanish. `b` has no
row for each sample; NumPy *broadcasts* it, it adds `b` to every row. Does that agree with neurons computed
one by one, and with PyTorch?
"""

# %%
rng = np.random.default_rng(0)
X_some = rng.normal(size=(5, 3))  # 5 samples, 3 inputs
W, b = rng.normal(size=(3, 4)), rng.normal(size=4)  # 4 neurons

z = X_some @ W + b
one_by_one = np.zeros((5, 4))
for i in range(5):
    for j in range(4):
        one_by_one[i, j] = np.sum(X_some[i] * W[:, j]) + b[j]

twin = nn.Linear(3, 4, dtype=torch.float64)
with torch.no_grad():  # only numbers, no slopes (lesson 05)
    twin.weight[:] = torch.tensor(W.T)
    twin.bias[:] = torch.tensor(b)
    theirs = twin(torch.tensor(X_some)).numpy()
for name, other in {"one by one": one_by_one, "PyTorch": theirs}.items():
    print(name, "agrees to 1e-12:", bool(np.abs(z - other).max() < 1e-12))

# %% [markdown]
r"""
PyTorch, and many books, keep `W` the other way round: (out, in). Hence `W.T`. Some books also write samples
as columns, $z = W x + b$; then $b$ has to be a column too, `b[:, None]`, or it meets the wrong axis.

Broadcasting is also a trap. Shapes are compared from the right; a missing axis is put in front, and an axis
of length 1 is repeated. So a column minus a flat array is a table:
"""

# %%
predicted = np.array([[1.0], [2.0], [3.0]])  # (3, 1), from a layer
target = np.array([1.0, 2.0, 3.0])  # (3,)
print("shape", (predicted - target).shape)
print("mean squared error", round(np.mean((predicted - target) ** 2), 2))

# %% [markdown]
r"""
Every prediction is right, and the error is not 0. No message appears. Print the shapes.

## 3. The digits network, 64–128–10

This network takes 64 pixels, has 128 hidden units, and gives one number for each of ten digits. Many first
examples of Keras, a library, train its larger sister: 784–128–10, for 28 × 28 pixels. The layers, in the
order in which they are passed, make a **Sequential model**. Their kinds, sizes and connections are the
**network architecture**.

| layer | what it does | out | parameters |
| --- | --- | --- | --- |
| **Flatten layer** | writes 8 × 8 pixels as a row | (n, 64) | 0 |
| Dense(128), relu | `relu(X @ W1 + b1)` | (n, 128) | 64 · 128 + 128 = 8,320 |
| Dense(10) | `a @ W2 + b2`: a score for each digit, the **logits** | (n, 10) | 128 · 10 + 10 = 1,290 |
| softmax | makes probabilities of them | (n, 10) | 0 |

A Dense layer has a weight for each pair of input and output, and a bias for each output:
**in · out + out** parameters. Together 9,610.

Softmax, row by row:

$$p_j = \frac{e^{z_j}}{e^{z_1} + e^{z_2} + \dots + e^{z_{10}}}$$

Aloud: e to the logit, divided by the sum of all of them. So each $p_j$ is above 0, and they add up to 1.
$e^{1000}$ is more than a float can hold, so subtract the row's largest logit first; top and bottom shrink by
the same factor. `axis=1` goes along a row, and `keepdims=True` keeps the result a column, to be broadcast.
"""


# %%
def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(X, layers):
    """The logits: relu after every layer but the last."""
    *hidden, (W_last, b_last) = layers  # all but the last; the last
    for W, b in hidden:
        X = relu(X @ W + b)
    return X @ W_last + b_last


# %% [markdown]
r"""
Now somebody trains the network. Here it is PyTorch, in a folded cell; how is the subject of lessons 05 to 09.
You get what training leaves behind, the **model parameters** (saved, they are the *weights file*):
"""

# %% jupyter={"source_hidden": true}
digits = data.load_digits()
pictures, y = digits.X.reshape(-1, 8, 8), digits.y
train, validation, test = three_way(len(y), 400, 373, np.random.default_rng(0))
X = pictures.reshape(len(pictures), -1) / 16

torch.manual_seed(0)
model = nn.Sequential(
    nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)
).double()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for _ in range(200):
    optimizer.zero_grad()
    nn.functional.cross_entropy(
        model(torch.tensor(X[train])), torch.tensor(y[train])
    ).backward()
    optimizer.step()

# %%
state = model.state_dict()
for name, values in state.items():
    print(f"{name:9} {tuple(values.shape)}")

# %% [markdown]
r"""
Names and numbers. Layer 1 is missing: it is relu, and has none. Nothing here says that it is relu, or where
it stands; that is the architecture, and you have to know it. Then the forward pass is yours:
"""

# %%
layers = [
    (state["0.weight"].numpy().T, state["0.bias"].numpy()),
    (state["2.weight"].numpy().T, state["2.bias"].numpy()),
]
print("parameters:", sum(W.size + b.size for W, b in layers))

X_test = pictures[test].reshape(len(test), -1) / 16  # Flatten
p = softmax(forward(X_test, layers))
with torch.no_grad():
    theirs = torch.softmax(model(torch.tensor(X_test)), dim=1).numpy()
print("equal to PyTorch's, to 1e-12:", bool(np.abs(p - theirs).max() < 1e-12))
answers = p.argmax(axis=1)  # in each row, the place of the largest
print(f"right: {np.mean(answers == y[test]):.2f} of {len(test)} test pictures")

# %% jupyter={"source_hidden": true}
hidden = relu(X_test @ layers[0][0] + layers[0][1])
show(
    figures.one_picture(X_test[0], hidden[0], p[0]),
    alt=f"A picture of a {y[test][0]}; 128 hidden values, about half of them 0; ten bars, of which only that "
    f"of {answers[0]} is high.",
)

# %% jupyter={"source_hidden": true}
claim(
    "training-yields-structure-and-weights",
    because="A state_dict holds names and numbers: here 0.weight, 0.bias, 2.weight, 2.bias. The structure "
    "was chosen before, and a threshold is minus a bias.",
)

# %% [markdown]
r"""
## 4. Where the numbers start

Training moves the parameters; **weight initialization** says from where. What if all start at 0
(**all-zero initialization**)? The network has 128 hidden units and is trained for five passes over 1,024
pictures. Each start has five learning rates and five seeds, and the best rate counts, so that no start is
blamed for a bad rate. If the start does not matter, all lines agree.

**Predict** the accuracy on the 400 pictures that the rate is chosen by, from zeros, from 0.05 everywhere, and
from random numbers. A network without hidden layer, 64–10, is there for comparison.
"""

# %% jupyter={"source_hidden": true}
training_set, validation_set = (
    (X[train], y[train]),
    (X[validation], y[validation]),
)


def network(draw, sizes):
    """A maker of networks, as `sweep` wants it: draw(rng, n_in, n_out) gives the weights, biases are 0."""

    def make(seed):
        rng, layers = np.random.default_rng(seed), []
        for n_in, n_out in pairwise(sizes):
            layer = Linear(n_in, n_out, rng=rng)
            layer.W[...] = draw(rng, n_in, n_out)
            layer.b[...] = 0
            layers += [layer, ReLU()]
        return Sequential(*layers[:-1])

    return make


def best_accuracy(draw, sizes, lrs, num_epochs=5, seeds=5):
    """The validation accuracy of each seed, at the learning rate that is best on average."""
    options = {"batch_size": 64, "num_epochs": num_epochs, "seeds": seeds}
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # some rates are meant to be too large
        runs = sweep(
            network(draw, sizes),
            training_set,
            validation_set,
            lr=lrs,
            **options,
        )
    return runs.best("accuracy").accuracy[-1]


# %% tags=["predict"]
def drawn_at_random(rng, n_in, n_out):
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))


starts = {
    "zeros": lambda rng, n_in, n_out: 0,
    "0.05": lambda rng, n_in, n_out: 0.05,
    "random": drawn_at_random,
}
accuracy = {}
for sizes in [(64, 128, 10), (64, 10)]:
    for name, draw in starts.items():
        scores = best_accuracy(draw, sizes, lrs=[0.1, 0.3, 1, 3, 10])
        accuracy[sizes, name] = scores.mean()
        told = f"{scores.mean():.2f} ± {scores.std():.2f}"
        print(f"{sizes!s:13} from {name:6} {told}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With the hidden layer 0.10 from zeros (a guess), 0.17 from 0.05, 0.95 from random numbers. Without a hidden
layer 0.94 from all three.

</details>

Why? Units that start equal get the same inputs, so they give the same outputs, and all that comes back to
them from equal weights behind is the same too. They take the same step and are equal again. 128 units are
then one unit, 128 times. Count how many different columns `W1` has after training:
"""

# %% jupyter={"source_hidden": true}
for name, draw in starts.items():
    one = network(draw, (64, 128, 10))(0)
    start_of = one.flat.copy()
    rng = np.random.default_rng(0)
    options = {
        "batch_size": 64,
        "num_epochs": 5,
        "progress": False,
        "rng": rng,
    }
    fit_network(
        one, CrossEntropyLoss(), SGD(one, lr=0.3), *training_set, **options
    )
    columns = np.unique(one.layers[0].W.round(6), axis=1).shape[1]
    moved = np.sum(one.flat != start_of)
    print(
        f"from {name:6}: {columns:3} different hidden units, {moved} of {one.flat.size} parameters moved"
    )

# %% [markdown]
r"""
(Not all 9,610 can move: three pixels are 0 in every picture, and a unit that is off hands nothing back.) From
zeros it is worse: the hidden outputs are 0, and so are the weights behind them, so no slope reaches a weight.
Only the ten last biases move. **Random initialization** makes the units different, *it breaks the
symmetry*. Where there is no hidden layer, each unit has its own class to answer for, and zeros do no harm.
Nor do they for biases.
"""

# %% jupyter={"source_hidden": true}
with_hidden = (64, 128, 10)
claim(
    "zero-or-random-initialisation",
    measured=accuracy[with_hidden, "random"] - accuracy[with_hidden, "zeros"],
    what="accuracy lost by starting from zeros, 64-128-10, each at its best rate, 5 seeds",
)

# %% [markdown]
r"""
### How large?

Random, then, but how large? A neuron adds up $n_{\text{in}}$ products of a weight and an input. If the
weights are drawn independently with mean 0 and the biases are 0, the mean squares obey, on average,

$$\overline{z^2} \;=\; n_{\text{in}} \cdot \text{Var}(w) \cdot \overline{a^2}$$

Aloud: what comes out is as large as what goes in, times the variance of a weight, times the number of inputs.
Deep down this factor acts once a layer, so it should be 1.

- **Xavier** (or **Glorot**) **initialization**: $\text{Var}(w) = \frac{2}{n_{\text{in}} + n_{\text{out}}}$,
  one over the mean of the two widths. Backwards, the slopes meet $n_{\text{out}}$ in the place of
  $n_{\text{in}}$; this is the compromise. It is made for tanh, a curve from −1 to 1 that is nearly straight
  at 0.
- **He initialization**: $\text{Var}(w) = \frac{2}{n_{\text{in}}}$. relu throws away half of a symmetric $z$,
  so it halves the mean square; the 2 makes up for that.

Neither says how to draw. `rng.normal(0, s, …)` is a **normal-distribution initialization** with variance
$s^2$, `rng.uniform(-c, c, …)` a **uniform-distribution initialization** with variance $c^2/3$.
"""

# %%
n_in, n_out = 300, 500
he = np.sqrt(2 / n_in)  # as a standard deviation
xavier = np.sqrt(2 / (n_in + n_out))
rng = np.random.default_rng(0)
bound = np.sqrt(3) * he
print(f"He      formula {he:.3f}", end="")
print(f"   normal {rng.normal(0, he, (n_in, n_out)).std():.3f}", end="")
print(f"   uniform {rng.uniform(-bound, bound, (n_in, n_out)).std():.3f}")

W_theirs = torch.empty(n_out, n_in)  # (out, in)
nn.init.kaiming_normal_(W_theirs)  # Kaiming He
print(f"PyTorch's He      {W_theirs.std():.3f}")
nn.init.xavier_uniform_(W_theirs)
print(f"PyTorch's Xavier  {W_theirs.std():.3f}   formula {xavier:.3f}")

# %% [markdown]
r"""
Now 300 standardised pictures (lesson 02) go through twenty layers of 128. The *size* of a layer's outputs is
the root of their mean square. **Predict:** with weights of standard deviation 0.01 (as in AlexNet, 2012), how
large is a signal of size 1 after twenty layers?
"""


# %%
def sizes_by_layer(activation, scale, seed, num_layers=20, width=128):
    rng, a, sizes = np.random.default_rng(seed), Z, []
    for _ in range(num_layers):
        n_in = a.shape[1]
        W = rng.normal(0, scale(n_in, width), (n_in, width))
        a = activation(a @ W)
        sizes.append(np.sqrt(np.mean(a**2)))
    return sizes


scales = {
    "0.01": lambda n_in, n_out: 0.01,
    "Xavier": lambda n_in, n_out: np.sqrt(2 / (n_in + n_out)),
    "He": lambda n_in, n_out: np.sqrt(2 / n_in),
    "1": lambda n_in, n_out: 1.0,
}

# %% jupyter={"source_hidden": true}
Z = StandardScaler().fit(X).transform(X)[:300]

# %% tags=["predict"]
size_of = {}
for activation in (np.tanh, relu):
    for name, scale in scales.items():
        runs = [sizes_by_layer(activation, scale, s) for s in range(5)]
        size = size_of[activation.__name__, name] = np.mean(runs, axis=0)
        print(f"{activation.__name__:4} {name:6}", end="  ")
        print("layers 1, 5, 20:", *(f"{size[k]:8.1g}" for k in (0, 4, 19)))

# %% jupyter={"source_hidden": true}
show(
    figures.sizes_by_layer(size_of),
    alt="Size by layer on a logarithmic scale. With tanh a standard deviation of 0.01 falls to 7e-20, Xavier "
    "falls slowly to 0.15, He stays at 0.6, 1 stays near 1. With relu 0.01 falls to 7e-23, Xavier falls to "
    "0.0006, He stays near 1, and 1 rises to 7e17.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

With 0.01 it is 7e-20 (tanh) and 7e-23 (relu): 0 and nineteen zeros after the point, or twenty-two.

</details>

With 0.01 nothing is left: all pictures look alike to the last layer. With 1, relu explodes. With tanh it
looks fine and is not: most outputs are very near −1 or 1, where tanh is flat (*saturated*). The size does not
show that; a histogram does.

### Try it

You see histograms of what some of the layers give, and choose the *gain*: the standard deviation of a weight
times $\sqrt{n_{\text{in}}}$. Before you move a slider: with tanh, which gain fills the histogram of layer 20
evenly, without a spike at 0 or at the ends? With relu and 50 layers, what happens a little above and a little
below 1.41, which is He's?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

With tanh, 1.41: the histograms stay nearly even. Xavier's 1 narrows from layer to layer, since tanh takes a
little each time (0.18 in layer 20); from 1.7 on the ends fill up. With relu at 50 layers, 1.41 keeps the
size (0.82), while 1.2 ends at 0.0003 and 1.7 at 9,400: a factor that is 0.85 or 1.2 in one layer acts fifty
times.

</details>

### Does it matter for learning?

Perhaps a bad start only asks for another learning rate. So a network with ten hidden layers of 64 and relu is
trained for ten passes from five starts, each with its own best of three rates (a first search, not shown,
found where they lie; with a standard deviation of 1 that is $10^{-8}$), three seeds. If the rate could make
up for the scale, all would agree. If the shape of the distribution mattered, normal and uniform would differ.
"""


# %% jupyter={"source_hidden": true}
def drawn(shape, scale):
    def draw(rng, n_in, n_out):
        s, c = scale(n_in, n_out), np.sqrt(3) * scale(n_in, n_out)
        if shape == "normal":
            return rng.normal(0, s, (n_in, n_out))
        return rng.uniform(-c, c, (n_in, n_out))

    return draw


deep = (64, *[64] * 10, 10)
cases = [
    ("normal", "0.01", [0.1, 0.3, 1]),
    ("normal", "1", [1e-9, 1e-8, 1e-7]),
    ("normal", "Xavier", [0.03, 0.1, 0.3]),
    ("normal", "He", [0.01, 0.03, 0.1]),
    ("uniform", "He", [0.01, 0.03, 0.1]),
]
learned = {}
for shape, name, lrs in cases:
    draw = drawn(shape, scales[name])
    scores = best_accuracy(draw, deep, lrs, num_epochs=10, seeds=3)
    learned[shape, name] = scores.mean()
    told = f"{scores.mean():.1f} ({scores.min():.1f} to {scores.max():.1f})"
    print(f"{shape:7} {name:6} {told}")

# %% jupyter={"source_hidden": true}
claim(
    "xavier-and-he-initialisation",
    measured=min(learned["normal", "He"], learned["uniform", "He"])
    - max(learned["normal", "0.01"], learned["normal", "1"]),
    what="accuracy won by He's scale over a standard deviation of 0.01 or 1, the better of them",
)

# %% [markdown]
r"""
So the list in that claim mixes two questions. *Uniform or normal* is a shape, and made no difference that
three seeds could show. *Xavier or He* is a scale, and at this depth, in ten passes, it decides. (With one
hidden layer nearly any random start works; the companion measures it.) Xavier's scale, made for another
activation, is a factor of $\sqrt2$ short in each layer of relu.

## Think

1. PyTorch's `nn.Linear` draws weights uniformly from $-1/\sqrt{n_{\text{in}}}$ to $1/\sqrt{n_{\text{in}}}$,
   and the bias too. Which variance is that, and by what factor does the size change with relu, per layer?

<details><summary>Answer</summary>

The variance is $c^2/3 = 1/(3 n_{\text{in}})$, a sixth of He's, so what comes from the input shrinks by
$\sqrt{1/6} = 0.41$ a layer. The random biases hide it: after twenty layers of 128 the size is 0.04, but the
pictures of section 4 then differ by less than 1e-8. For deep networks with relu, set He's scale yourself.

</details>

2. A network has relu between all its layers, but on your data every unit gives $z > 0$ for every sample. What
   does depth add?

<details><summary>Answer</summary>

Nothing on these data: relu changes no number, so all layers are one linear layer. The bend has to be where
the data are.

</details>

3. `W` has shape (64, 128) and somebody writes `W @ X` for `X` of shape (32, 64). What happens, and what if
   `X` had shape (128, 128)?

<details><summary>Answer</summary>

The inner sizes are 128 and 32: an error, and a clear one. With (128, 128) it runs and gives (64, 128), a
wrong answer without a message. Shapes that happen to fit hide mistakes.

</details>

## Recap

- A layer is `X @ W + b`: a sample a row, a neuron a column, in · out + out parameters.
- Layers without a bend between them are one layer, however many there are.
- Rosenblatt's perceptron had a fixed random layer and a trained one; today the word means a single unit.
- Training leaves numbers; the architecture tells what to do with them.
- Equal units stay equal, so weights start at random; the scale keeps the signal's size, 2/n_in with relu.
"""

# %% jupyter={"source_hidden": true}
terms("04_forward")

# %% [markdown]
r"""
Now you: [exercise 04](../exercises/04_forward/04_forward.ipynb). For a second reading: [what you may have
heard](04_forward_heard.ipynb). Next: lesson [05](05_backward.ipynb), the way back, which tells each of these
numbers in which direction to move.

Sources

- F. Rosenblatt, [The perceptron](https://doi.org/10.1037/h0042519), *Psychological Review* 65, 1958; J. Hay,
  B. Lynch, D. Smith, *Mark I Perceptron Operators' Manual*, 1960; M. Minsky, S. Papert, *Perceptrons*, 1969.
- X. Glorot, Y. Bengio, [Understanding the difficulty of training deep feedforward neural
  networks](https://proceedings.mlr.press/v9/glorot10a.html), AISTATS 2010.
- K. He, X. Zhang, S. Ren, J. Sun, [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852), ICCV
  2015.
"""
