# %% [markdown]
r"""
# Exercise 04 · Forward

Five tasks, 17 points, about 40 minutes. At the end you take the saved weights of a trained network, as
PyTorch writes them down, and read digits with nothing but NumPy. Lesson:
[04 · Forward](../../lessons/04_forward.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, splits
from helpers.checks import check
from helpers.nn import Adam, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.training import fit

# %% [markdown] task="forward/linear_columns"
r"""
## Task 1 · The layer as books write it (2 points)

Many books write a layer as $z = W x + b$, with a sample $x$ that is a **column**. A batch is then a table
whose columns are the samples. Write `linear_columns(X, W, b)` for

- `X`, shape (in, n): n samples, one in each column,
- `W`, shape (out, in), and `b`, shape (out,).

Return a new array of shape (out, n): in column j the layer's outputs for sample j. For example

    X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])     two samples with three inputs
    W = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])       two outputs
    linear_columns(X, W, np.array([10.0, 20.0]))
    →  array([[11., 12.], [28., 30.]])

By hand: the first sample is (1, 3, 5). Its outputs are 1 + 10 = 11 and 3 + 5 + 20 = 28.
"""


# %% answer="forward/linear_columns"
def linear_columns(X, W, b):
    """Outputs (out, n) of a layer W (out, in), b (out,); X (in, n)."""
    ### BEGIN SOLUTION
    return W @ X + b[:, None]
    ### END SOLUTION


# %% check="forward/linear_columns"
check("forward/linear_columns", linear_columns)

# %% [markdown] task="forward/count_parameters"
r"""
## Task 2 · How many numbers does it learn? (3 points)

Write `count_parameters(sizes, bias=True, tied=False)`. `sizes` is a list of widths, from the inputs to the
outputs: `[64, 128, 10]` is a network with two layers. Return the number of its parameters.

- With `bias=False` no layer has biases.
- With `tied=True` matrices are shared, as in many *autoencoders*, which squeeze their input and rebuild it.
  The last layer uses the matrix of the first one, turned; the last but one that of the second; and so on. A
  shared matrix counts once. If the number of layers is odd, the one in the middle has a matrix of its own.
  Biases are not shared. `sizes` then reads the same from both ends.

For example

    count_parameters([3, 5, 2])                           →  32
    count_parameters([3, 5, 2], bias=False)               →  25
    count_parameters([6, 4, 4, 6], tied=True)             →  54

By hand, the last one: the first matrix has 6 · 4 numbers and serves for the third layer, too; the second has
4 · 4; and there are 4 + 4 + 6 biases.
"""


# %% answer="forward/count_parameters"
def count_parameters(sizes, bias=True, tied=False):
    """The number of parameters of a network with these widths."""
    ### BEGIN SOLUTION
    num_layers = len(sizes) - 1
    matrices = [sizes[i] * sizes[i + 1] for i in range(num_layers)]
    if tied:
        matrices = matrices[: (num_layers + 1) // 2]
    biases = sizes[1:] if bias else []
    return sum(matrices) + sum(biases)
    ### END SOLUTION


# %% check="forward/count_parameters"
check("forward/count_parameters", count_parameters)

# %% [markdown] task="forward/mlp_forward"
r"""
## Task 3 · A network of any depth (3 points)

Write `mlp_forward(X, weights, biases, activation)`. Samples are rows again.

- `X` has shape (n, d).
- `weights` is a list of L matrices (in, out), `biases` a list of L arrays (out,): those of the first layer
  come first. L is 1 or more.
- `activation` is a function, such as `np.tanh`. It takes an array and returns one of the same shape.

Every layer but the last is followed by the activation. Return a **list** of L arrays: what each layer hands
on to the next, and at the end the logits. Leave `X` and the lists as they are.

    X = np.array([[1.0, 2.0]])
    weights = [np.array([[1.0, -1.0], [1.0, -1.0]]), np.array([[2.0], [5.0]])]
    biases = [np.array([0.5, 0.5]), np.array([-10.0])]
    mlp_forward(X, weights, biases, lambda z: np.maximum(z, 0))
    →  [array([[3.5, 0. ]]), array([[-3.]])]

By hand: the first layer gives 1 + 2 + 0.5 = 3.5 and -1 - 2 + 0.5 = -2.5, of which ReLU makes 3.5 and 0. The
second gives 2 · 3.5 + 5 · 0 - 10 = -3, and that is the logit.
"""


# %% answer="forward/mlp_forward"
def mlp_forward(X, weights, biases, activation):
    """The activations of all layers, in a list; the last are the logits."""
    ### BEGIN SOLUTION
    outputs = []
    a = X
    for W, b in zip(weights, biases, strict=True):
        z = a @ W + b
        a = activation(z)
        outputs.append(a)
    outputs[-1] = z
    return outputs
    ### END SOLUTION


# %% check="forward/mlp_forward"
check("forward/mlp_forward", mlp_forward)

# %% [markdown] task="forward/he_uniform"
r"""
## Task 4 · A start for ReLU (4 points)

He's start gives each weight of a layer the mean 0 and the variance $2 / n_{in}$, where $n_{in}$ is the number
of inputs **of that layer**. Start a whole network so, with **uniform** numbers between $-c$ and $c$; each
layer has a $c$ of its own. The variance of such numbers is $c^2 / 3$.

Write `he_uniform(sizes, rng)`, where `sizes` is a list of widths as in task 2. Return two lists, `weights`
and `biases`, as task 3 takes them: matrices of shape (in, out), and arrays of zeros of shape (out,). All
chance comes from `rng`, a `numpy.random.Generator`, and each weight is a draw of its own.

    weights, biases = he_uniform([24, 6, 2], np.random.default_rng(0))

For example, that gives `weights` of the shapes (24, 6) and (6, 2). The 144 weights of the first lie between
-0.5 and 0.5, and the 12 of the second between -1 and 1.

<details><summary>Hint: uniform numbers</summary>

`rng.uniform(low, high, (3, 5))` draws an array of shape (3, 5).
</details>
"""


# %% answer="forward/he_uniform"
def he_uniform(sizes, rng):
    """Uniform weights of variance 2 / n_in, biases of 0, by layer."""
    ### BEGIN SOLUTION
    weights, biases = [], []
    for i in range(len(sizes) - 1):
        n_in, n_out = sizes[i], sizes[i + 1]
        c = np.sqrt(6 / n_in)
        weights.append(rng.uniform(-c, c, (n_in, n_out)))
        biases.append(np.zeros(n_out))
    return weights, biases
    ### END SOLUTION


# %% check="forward/he_uniform"
check("forward/he_uniform", he_uniform)

# %% [markdown] task="forward/predict_digits"
r"""
## Task 5 · Read digits with somebody's weights (5 points)

A network was trained, and its weights were saved. Write `predict_digits(pictures, state, mean, std)`, which
says what it makes of new pictures.

- `pictures`, shape (n, 8, 8): pixels from 0 to 16. The network takes each as a row of 64 numbers, the first
  row of the picture first.
- `mean` and `std`, both (64,), are those of each pixel over the **training** pictures. The network was
  trained on standardised pixels: minus `mean`, divided by `std`. Where `std` is 0, divide by 1.
- `state` is a dict as `model.state_dict()` of PyTorch gives it, here with arrays. Its entries come in the
  order of the layers: `"0.weight"`, `"0.bias"`, `"2.weight"`, `"2.bias"`, and so on, for any number of linear
  layers. Between two of them stands ReLU, which takes a number in the count but has no weights. A weight has
  shape **(out, in)**, a bias (out,).

Return two arrays: `classes`, (n,), the most probable digit of each picture, and `p`, (n, 10), the
probabilities of all ten digits by softmax. Some networks are very sure of themselves: logits may be as large
as 10,000 or as small as -10,000, and `p` must still be right.

For example, with one linear layer whose weights are all 0, and whose bias is 0 for all digits but log 11 for
the digit 7, each picture is a 7, with a probability of 11 / 20; each other digit has 1 / 20.

The next cell trains a network of 64–128–10 and saves it in that form. Your functions from above may help.

<details><summary>Hint 1: which names are in state</summary>

`[name for name in state if name.endswith("weight")]` is a list of the names of the weights, in order.
</details>

<details><summary>Hint 2: large logits</summary>

`np.exp(1000)` is infinite. Adding one number to all logits of a row changes none of its probabilities, so you
may subtract one, too.
</details>
"""

# %%
X, y = data.load_digits()
train, test = splits.stratified_holdout(y, 0.25, np.random.default_rng(0))
mean, std = X[train].mean(axis=0), X[train].std(axis=0)

rng = np.random.default_rng(0)
hidden, last = Linear(64, 128, rng=rng), Linear(128, 10, rng=rng)
model = Sequential(hidden, ReLU(), last)
Z = (X[train] - mean) / np.where(std == 0, 1, std)
settings = {"batch_size": 32, "num_epochs": 10, "progress": False}
fit(
    model,
    CrossEntropyLoss(),
    Adam(model, lr=0.003),
    Z,
    y[train],
    rng=rng,
    **settings,
)

state = {
    "0.weight": hidden.W.T,
    "0.bias": hidden.b,
    "2.weight": last.W.T,
    "2.bias": last.b,
}
pictures = X[test].reshape(-1, 8, 8)
print({name: numbers.shape for name, numbers in state.items()}, pictures.shape)


# %% answer="forward/predict_digits"
def predict_digits(pictures, state, mean, std):
    """Classes (n,) of the pictures (n, 8, 8); probabilities (n, 10)."""
    ### BEGIN SOLUTION
    X = (pictures.reshape(-1, 64) - mean) / np.where(std == 0, 1, std)
    weights = [state[name].T for name in state if name.endswith("weight")]
    biases = [state[name] for name in state if name.endswith("bias")]
    logits = mlp_forward(X, weights, biases, lambda z: np.maximum(z, 0))[-1]
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p.argmax(axis=1), p
    ### END SOLUTION


# %% check="forward/predict_digits"
check("forward/predict_digits", predict_digits)

# %% [markdown]
r"""
## Afterwards

All five pass? Then see which digits it gets wrong, and how sure it is of them. In a new cell, run

    classes, p = predict_digits(pictures, state, mean, std)
    wrong = np.flatnonzero(classes != y[test])
    print(np.mean(classes == y[test]), count_parameters([64, 128, 10]))
    for i in wrong[:5]:
        print(f"a {y[test][i]}, read as {classes[i]}, with a probability of {p[i].max():.2f}")
        print(pictures[i].astype(int))

Then give a deep network its start with task 4, and watch the signal go through it with task 3:

    weights, biases = he_uniform([64] + [100] * 20 + [10], np.random.default_rng(0))
    outputs = mlp_forward(Z, weights, biases, lambda z: np.maximum(z, 0))
    print([round(float(np.sqrt(np.mean(a**2))), 2) for a in outputs])

What do the numbers do with `np.tanh` in place of ReLU? And with weights that are halved?
"""
