# %% [markdown]
r"""
# 05 · Backward: which way is down?

A network learns by changing its weights a little, thousands of times, each time in a direction that lowers
the loss. This lesson is about where that direction comes from.

**You will be able to**

- say what a gradient is, and take a step against it by hand;
- write the backward pass of a linear layer, ReLU and softmax with cross-entropy;
- check a gradient by nudging, and build what `loss.backward()` does.

**Time:** {minutes} minutes. **Before this:** lesson [04](04_forward.ipynb), the forward pass. You need no
calculus; a slope is enough.
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch
import torch.nn.functional as F

from helpers import data

# %% [markdown]
r"""
## A walk in fog

Lesson 04 in four lines. A linear layer multiplies its inputs by weights and adds a bias: `X @ W + b`. ReLU
turns negative numbers into 0. The last layer gives one score for each class, the **logits**, and **softmax**
turns them into probabilities. The loss is $-\log$ of the probability of the true class, on average: 0 for a
model that is sure and right.

Here is a network for 8 × 8 pictures of digits: 64 inputs, 16 hidden units with ReLU, 10 outputs. Its 1,210
parameters stand in one vector `theta`. Think of a landscape, the **loss surface**: each choice of the
parameters is a place, and the loss is its height.
"""

# %%
X, y = data.load_digits()
X, y = X[:300] / 16, y[:300]


def unpack(theta):  # cut the vector at these places
    W1, b1, W2, b2 = np.split(theta, [1024, 1040, 1200])
    return W1.reshape(64, 16), b1, W2.reshape(16, 10), b2


def loss(theta):
    W1, b1, W2, b2 = unpack(theta)
    logits = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()  # row 0 in column y[0], ...


# %% jupyter={"source_hidden": true}
rng = np.random.default_rng(0)
W1 = rng.normal(0, np.sqrt(2 / 64), (64, 16))
W2 = rng.normal(0, np.sqrt(2 / 16), (16, 10))
theta = np.concatenate([W1.ravel(), np.zeros(16), W2.ravel(), np.zeros(10)])
print(f"{theta.size} parameters, loss {loss(theta):.2f}")

# %% [markdown]
r"""
You stand at `theta` in thick fog and want to go down. You can only feel how the ground tilts under a tiny
step. So you try random directions and write down how fast the loss changes in each.

There is another way. Nudge each parameter alone, a little up and a little down, and write down the 1,210
small slopes: 2,420 values of the loss. Then step in all those directions at once, against each slope, farther
where it is steeper. To be fair, the first way gets 2,420 directions.

**Predict before you run:** is the best of 2,420 random directions nearly as good as the second way? Half as
good? Less?
"""

# %% tags=["predict"]
tiny = 1e-3
directions = rng.normal(size=(2420, theta.size))
directions /= np.linalg.norm(directions, axis=1, keepdims=True)  # length 1
rises = [loss(theta + tiny * u) - loss(theta) for u in directions]
random_slopes = np.array(rises) / tiny

nudge = 1e-5
one_at_a_time = np.eye(theta.size)  # row i is 1 at place i and 0 elsewhere
above = np.array([loss(theta + nudge * e) for e in one_at_a_time])
below = np.array([loss(theta - nudge * e) for e in one_at_a_time])
slopes = (above - below) / (2 * nudge)
downhill = -slopes / np.linalg.norm(slopes)  # length 1 as well
slope_downhill = (loss(theta + tiny * downhill) - loss(theta)) / tiny

print(f"best of 2,420 random directions  {random_slopes.min():.2f}")
print(f"all small slopes together        {slope_downhill:.2f}")

# %% tags=["predict"] jupyter={"source_hidden": true}
from helpers.figures import backward as figures
from helpers.figures import show

fig = figures.histogram_of_slopes(random_slopes, slope_downhill)
show(
    fig,
    alt="2,420 random slopes lie between -0.08 and 0.08; all small slopes together give -0.79.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

About a tenth. With 1,210 dimensions nearly every random direction runs level, along the hillside.

</details>

The list of the small slopes knows the way, and it has a name: the **gradient**, written $\nabla L$.

You may have heard that *along the gradient a function changes fastest*. Walk a tiny step in any direction
$u$. The loss changes by each slope times how far you go that way, all added up: $u \cdot \nabla L$, the
product of two lengths and the cosine of the angle between them. A cosine is at most 1.
"""

# %% jupyter={"source_hidden": true}
from helpers.claims import claim

claim(
    "gradient-is-steepest",
    because="u·g = |u||g| cos(angle) ≤ |u||g|, and = only where u points along g",
)

# %% [markdown]
r"""
It was expensive, though: 2,420 losses for a single step. At the end of section 3 you will get the same list
from one forward and one backward pass.

## 1. Slope and step

Start with one weight: three points, (0, 1), (1, 3) and (2, 5), and a line $\hat y = w x + 1$ ("y hat", what
the line predicts) whose slope $w$ you look for. The **error** of a point is what is missing,
$e_i = y_i - \hat y_i$, and the loss is the mean of the squared errors:

$$L(w) = \frac1n \sum_i (y_i - w x_i - 1)^2$$

Aloud: square what is missing at each point, add up ($\sum$), divide by how many there are. The
**derivative** $\mathrm dL/\mathrm dw$, "d L by d w", is the slope of that curve: how much $L$ changes per
unit of $w$, for a tiny change of $w$. If an error $e$ changes by a tiny $d$, its square changes by
$(e + d)^2 - e^2 = 2ed + d^2$, which is $2ed$ for a $d$ so tiny that $d^2$ does not count. And if $w$ grows by
a little, $e_i$ changes by $-x_i$ times as much. Together:

$$\frac{\mathrm dL}{\mathrm dw} = \frac1n \sum_i 2 e_i \cdot (-x_i) = -2 \cdot \text{mean}(e_i x_i)$$

By hand, at $w = 0$: the errors are 0, 2 and 4, so the slope is $-2 \cdot (0 + 2 + 8)/3 = -6.67$. It is
negative: the curve falls to the right, so go right. How far? As far as the slope says, times a small number
that you choose, the **learning rate** `lr`:

$$w \leftarrow w - \text{lr} \cdot \frac{\mathrm dL}{\mathrm dw}$$

The arrow reads "becomes". That is a **parameter update**. With `lr` = 0.1 the first one takes $w$ from 0 to
0.67.
"""

# %%
x_line, y_line = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])


def slope_at(w):
    error = y_line - w * x_line - 1
    return -2 * np.mean(error * x_line)


def descend(lr, num_steps, w=0.0):
    visited = [w]
    for _ in range(num_steps):
        w = w - lr * slope_at(w)
        visited.append(w)
    return visited


print("lr = 0.1:", [f"{w:.2f}" for w in descend(lr=0.1, num_steps=6)])

# %% [markdown]
r"""
The steps get shorter by themselves, because the slope does. The line through the points has $w = 2$.
**Predict:** what happens with `lr` = 0.5? And with 0.65, just a little more than that?
"""


# %% tags=["predict"] jupyter={"source_hidden": true}
def line_loss(w):
    return np.mean((y_line - w * x_line - 1) ** 2)


paths = {f"lr = {lr}": descend(lr, num_steps=4) for lr in (0.1, 0.5, 0.65)}
for name, visited in paths.items():
    end = visited[-1]
    print(f"{name:9} ends at w = {end:5.2f}, loss {line_loss(end):5.2f}")
fig = figures.curve_with_steps(line_loss, paths)
show(
    fig,
    alt="lr 0.1 creeps down one side, 0.5 jumps across the valley, 0.65 climbs out of it.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

At 0.1 and at 0.5 each step leaves two thirds of the distance: once on the same side, once by jumping across
the valley. At 0.65 it lands higher than it started, where the slope is steeper, so the next jump is longer
still.

</details>

The slope points the right way in all three. **It does not say how far to go.**

### Two weights

Let the intercept $b$ be free as well: $\hat y = w x + b$. Hold $b$ fixed and move only $w$: the slope you
feel is the **partial derivative** $\partial L / \partial w$. Hold $w$ and move $b$: that is
$\partial L / \partial b$. The gradient is the two of them in one vector, $-2\,\text{mean}(e_i x_i)$ and
$-2\,\text{mean}(e_i)$, and each parameter takes its step by its own slope.

By hand, at $w = b = 0$: the errors are 1, 3 and 5, so
$\partial L/\partial w = -2 \cdot (0 + 3 + 10)/3 = -8.67$ and $\partial L/\partial b = -2 \cdot 3 = -6$.

PyTorch finds the same two. `requires_grad=True` says that you will want slopes for this tensor,
`.backward()` computes them, and they stand in `.grad`.
"""

# %%
point = torch.zeros(2, dtype=torch.float64, requires_grad=True)
prediction = point[0] * torch.tensor(x_line) + point[1]
torch.mean((torch.tensor(y_line) - prediction) ** 2).backward()
print(point.grad.numpy().round(2))

# %% [markdown]
r"""
### Try it

A bowl with two weights, seen from above: each ring is a line of equal loss. The path leaves it at a right
angle: the steepest way down *from this point*, seldom the direct way to the minimum.

Before you touch it, predict: as the **learning rate** grows, which comes first, the zig-zag or the escape?
And when you make the bowl longer (a larger condition number), must the learning rate become smaller?
"""

# %% jupyter={"source_hidden": true}
from helpers.explore.backward import explorer

explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

The zig-zag comes first. In the steep direction each step multiplies the distance by
$1 - \text{lr} \cdot \lambda_{\max}$, where $\lambda_{\max}$ (lambda) says how sharply the bowl bends that
way. Beyond $1/\lambda_{\max}$ the factor is negative, so the path jumps across; at $2/\lambda_{\max}$ it is
$-1$, and beyond that the path escapes. In this bowl $\lambda_{\max}$ is the condition number: make it larger,
and the learning rate must become smaller. The flat direction then needs many steps.

</details>

## 2. The chain rule, with numbers

Four slopes are enough for everything below. You need not know them: nudge.
"""

# %% jupyter={"source_hidden": true}
functions = {
    "x²": lambda x: x**2,
    "eˣ": np.exp,
    "log x": np.log,
    "max(x, 0)": lambda x: np.maximum(x, 0),
}
x = np.array([0.5, 1.0, 2.0, 3.0])
print(f"{'x':9}", x)
for name, f in functions.items():
    print(f"{name:9}", ((f(x + nudge) - f(x - nudge)) / (2 * nudge)).round(2))
at_minus_2 = (max(-2 + nudge, 0) - max(-2 - nudge, 0)) / (2 * nudge)
print(f"max(x, 0) at -2: {at_minus_2:.2f}")

# %% [markdown]
r"""
Read the rows. The slope of $x^2$ is $2x$, as above. The slope of $e^x$ is $e^x$ itself: at 1 it is 2.72. The
slope of $\log x$ is $1/x$. And $\max(x, 0)$, which is ReLU, has slope 1 where $x$ is positive; where $x$ is
negative it stays 0 whatever you do, so its slope is 0.

Now put steps behind each other. One neuron with ReLU and squared error:

$$z = w x + b, \qquad a = \max(z, 0), \qquad e = y - a, \qquad L = e^2$$

Suppose a nudge of $w$ moves $z$ three times as far, and a nudge of $z$ moves $L$ twice as far. Then a nudge
of $w$ moves $L$ six times as far. Rates multiply along the way. That is the **chain rule**:

$$\frac{\partial L}{\partial w}
= \frac{\partial L}{\partial e} \cdot \frac{\partial e}{\partial a} \cdot
\frac{\partial a}{\partial z} \cdot \frac{\partial z}{\partial w}$$

Compute the values from left to right and keep them; then multiply the factors **from right to left**,
starting with $\partial L/\partial L = 1$. Try it on paper first with $w = 2, x = 3, b = -1, y = 4$.
"""

# %%
w, x, b, target = 2.0, 3.0, -1.0, 4.0

z = w * x + b  # forward: keep every value
a = max(z, 0)
e = target - a
L = e**2

dL = 1.0  # backward: (what came from the right) times (one easy slope)
de = dL * 2 * e
da = de * -1
dz = da * (z > 0)
dw, dx, db = dz * x, dz * w, dz * 1
print(f"L = {L:g}, dL/dw = {dw:g}, dL/db = {db:g}, dL/dx = {dx:g}")

# %% jupyter={"source_hidden": true}
values = {"w": w, "x": x, "b": b, "z": z, "a": a, "e": e, "L": L}
derivatives = {"w": dw, "x": dx, "b": db, "z": dz, "a": da, "e": de, "L": dL}
local = {"w": x, "x": w, "b": 1, "z": float(z > 0), "a": -1, "e": 2 * e}
fig = figures.graph_of_one_neuron(values, derivatives, local)
show(
    fig,
    alt="One neuron as a graph. Slopes of L: w 6, x 4, b 2, z 2, a 2, e -2, L 1. On each arrow the "
    "slope of that step: w 3, x 2, b 1 into z, then 1, -1 and -2.",
)

# %% [markdown]
r"""
(Nudge $w$ by 0.001, and $L$ rises from 1 to 1.006: try it.) Look at what each operation does with the slope
that comes from its right.

- **A sum hands it on.** $b$ gets 2, just what $z$ got.
- **A product swaps.** $w$ gets it times $x$, and $x$ gets it times $w$.
- **A maximum chooses.** The larger one gets all of it, the other nothing.
- What is used **twice** gets two shares, and they add up.

$\partial L/\partial z$ was computed **once** and used for $w$, $x$ and $b$: one backward pass gives *all*
slopes. And each step needs only its own inputs and what comes from its right, so every kind of layer can be
written once, by itself.

## 3. Three layers, backwards

Doing this from the last layer to the first is **backpropagation**: each layer is handed
$\partial L/\partial(\text{its output})$, called `d_out`, computes the slopes of its own parameters, and
hands $\partial L/\partial(\text{its input})$, called `dX`, to the layer before it. A slope has the shape of
the thing it belongs to: `dW` has the shape of `W`. After each layer we ask PyTorch whether it agrees.
"""


# %% jupyter={"source_hidden": true}
torch.set_num_threads(1)  # matrices as small as these are faster on one thread


def agree(ours, theirs):
    """Whether our array and a PyTorch tensor differ by less than 1e-10 everywhere."""
    return bool(np.abs(ours - theirs.detach().numpy()).max() < 1e-10)


def tensor(array):
    """The array as a tensor that wants slopes."""
    return torch.tensor(array, requires_grad=True)


# %% [markdown]
r"""
### Linear

$Z = XW + b$. The weight in row $k$ and column $j$ of $W$ is multiplied by $x_{ik}$ and added to $z_{ij}$, in
**every row** $i$. A product swaps, and the shares of all rows add up: its slope is
$\sum_i x_{ik} \, \partial L/\partial z_{ij}$. That sum over rows is a matrix product, with $X$ transposed
($^\top$: rows become columns):

$$\mathrm dW = X^\top d_{\text{out}}, \qquad \mathrm db = \sum_{\text{rows}} d_{\text{out}},
\qquad \mathrm dX = d_{\text{out}} W^\top$$

In the same way $x_{ik}$ gets a share through each column $j$. If you forget which one is transposed, let the
shapes tell you: from `X` (4, 3) and `d_out` (4, 2) there is only one way to `dW` (3, 2).
"""


# %%
def linear_backward(d_out, X, W):
    dX = d_out @ W.T
    dW = X.T @ d_out
    db = d_out.sum(axis=0)
    return dX, dW, db


# %% jupyter={"source_hidden": true}
rng = np.random.default_rng(5)
X_small, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
b = rng.normal(size=2)
d_out = rng.normal(size=(4, 2))  # as if it came from the layer after this one
dX, dW, db = linear_backward(d_out, X_small, W)

tX, tW, tb = tensor(X_small), tensor(W), tensor(b)
(tX @ tW + tb).backward(torch.tensor(d_out))
ours, theirs = (dX, dW, db), (tX.grad, tW.grad, tb.grad)
print("all three agree:", all(map(agree, ours, theirs)))

# %% [markdown]
r"""
### ReLU

A maximum chooses: where $z$ is positive, what comes from the right passes; elsewhere nothing does.

$$\mathrm dZ = d_{\text{out}} \cdot [Z > 0]$$

Entry by entry; the bracket is 1 where $Z$ is positive and 0 elsewhere. At exactly 0 there is a corner and no
slope. We take 0 there, as `torch.relu` does; not everything in PyTorch does (the companion shows
two that do not).
"""


# %%
def relu_backward(d_out, Z):
    return d_out * (Z > 0)


# %% jupyter={"source_hidden": true}
Z = np.array([[-2.0, 0.0], [0.5, 3.0]])
tZ = tensor(Z)
torch.relu(tZ).backward(torch.ones(2, 2, dtype=torch.float64))
print("agrees:", agree(relu_backward(np.ones((2, 2)), Z), tZ.grad))

# %% [markdown]
r"""
### Softmax and cross-entropy, together

Softmax turns logits into probabilities, $p_j = e^{z_j} / \sum_k e^{z_k}$: "e to the logit, divided by the sum
of all of them". Cross-entropy is $-\log p_y$ for the true class $y$. Write the loss of one sample out; the
logarithm of a quotient is a difference, and $\log e^{z_y}$ is $z_y$:

$$-\log p_y = -z_y + \log S, \qquad S = e^{z_1} + e^{z_2} + \dots$$

Nudge the logit $z_j$ and go along $\log S$ from right to left. The logarithm has slope $1/S$. The sum hands
it on. And $e^{z_j}$ has itself as its slope. Rates multiply: $\frac1S \cdot e^{z_j}$, which is $p_j$ again.
The other term, $-z_y$, has slope $-1$ for the true class and 0 for the others. Together:

$$\frac{\partial L}{\partial z_j} = p_j - [j = y]$$

What the model believes minus what is true (the bracket is 1 for the true class, else 0). If $L$ is the mean
over $n$ samples, each counts $1/n$. (In the code, the largest logit of each row is taken off first, so that
`exp` cannot overflow; `keepdims` keeps a column, with one number a row.)
"""


# %%
def softmax_cross_entropy(logits, y):
    shifted = logits - logits.max(axis=1, keepdims=True)  # the same p
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = -np.log(p[rows, y]).mean()
    d_logits = p.copy()
    d_logits[rows, y] -= 1
    return loss, d_logits / len(y)


# %% jupyter={"source_hidden": true}
logits, labels = np.array([[2.0, 1.0, 0.0]]), np.array([1])
_, d_logits = softmax_cross_entropy(logits, labels)
t_logits = tensor(logits)
F.cross_entropy(t_logits, torch.tensor(labels)).backward()
same = agree(d_logits, t_logits.grad)
print("d_logits:", d_logits.round(3), "agrees:", same)

# %% [markdown]
r"""
The logits were 2, 1 and 0, and the true class is the second. Its slope is negative: raise this logit and the
loss falls. The wrong favourite is pushed down hardest.

### Out of the fog

Put the layers in a row. Here are the 1,210 slopes of the opening again, without a single nudge.
"""


# %%
def loss_and_gradient(theta, X, y):
    W1, b1, W2, b2 = unpack(theta)
    Z = X @ W1 + b1  # forward
    A = np.maximum(Z, 0)
    loss, d_logits = softmax_cross_entropy(A @ W2 + b2, y)
    dA, dW2, db2 = linear_backward(d_logits, A, W2)  # backward
    dZ = relu_backward(dA, Z)
    _, dW1, db1 = linear_backward(dZ, X, W1)
    return loss, np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2])


_, gradient = loss_and_gradient(theta, X, y)
same = bool(np.abs(gradient - slopes).max() < 1e-8)
print("the same 1,210 slopes, to 1e-8:", same)

# %% [markdown]
r"""
Four matrix products, where a forward pass has two: the work of about two forward passes, in place of 2,420.

## 4. How far can you trust a nudge?

The slopes by nudging agreed with the exact ones. That makes them a judge of any backward pass written by
hand: a **gradient check**. It needs a step size $h$, and there are two ways:

$$\text{one-sided: } \frac{L(\theta + h) - L(\theta)}{h} \qquad
\qquad \text{two-sided: } \frac{L(\theta + h) - L(\theta - h)}{2h}$$

Aloud: how much the loss changed, divided by how far you went. A derivative is what comes out as $h$ goes to
zero.

**Predict:** is the smallest $h$ the best? We know the exact gradient now, so we can measure the error for the
160 weights of the output layer.
"""

# %% tags=["predict"]
output_layer = slice(1040, 1200)
exact, moves = gradient[output_layer], one_at_a_time[output_layer]
h_values = 10.0 ** -np.arange(1, 14)


def relative_error(estimate):
    return np.linalg.norm(estimate - exact) / np.linalg.norm(exact)


one_sided, two_sided = [], []
for h in h_values:
    above = np.array([loss(theta + h * e) for e in moves])
    below = np.array([loss(theta - h * e) for e in moves])
    one_sided.append(relative_error((above - loss(theta)) / h))
    two_sided.append(relative_error((above - below) / (2 * h)))

print(f"best step, one-sided: {h_values[np.argmin(one_sided)]:.0e}")
print(f"best step, two-sided: {h_values[np.argmin(two_sided)]:.0e}")

# %% tags=["predict"] jupyter={"source_hidden": true}
errors = np.array(one_sided), np.array(two_sided)
fig = figures.step_size_curve(h_values, *errors)
show(
    fig,
    alt="Two Vs: the error falls until h is 1e-7 (one-sided) or 1e-5, then rises as 1/h.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

A V: the best step of both ways lies between. Two errors fight each other.

- On the right, **truncation**: over a large step the curve bends away from its slope. One-sided, that error
  grows as $h$. Two-sided, the bends left and right cancel, and what remains grows as $h^2$.
- On the left, **rounding**: float64 keeps about 16 digits, so each loss is off by about $10^{-16}$ of its
  size, and then you divide by $h$.

</details>

So: two-sided, $h = 10^{-5}$, float64; float32 rounds 500 million times more coarsely. A relative error under
$10^{-6}$ says that your slopes are right **at this point, for the units that are on**. A unit that is off on
every row has slope 0 in a right and in many a wrong backward pass: check at another point too. If the error
is larger, look for a corner first (a ReLU whose input changes sign within the step), then for your mistake.
"""

# %%
from helpers.nn.gradient_check import gradient_check

error = gradient_check(loss, theta, gradient)
print("our backward pass passes:", error < 1e-6)

broken = gradient.copy()
broken[output_layer] *= 300 / 299  # as if someone had divided by n - 1
print(f"with a small mistake, error {gradient_check(loss, theta, broken):.0e}")

# %% [markdown]
r"""
## 5. Automatic: reverse mode in 30 lines

A computer can write the backward lines. Let each number remember **where it came from**: its inputs, and for
each of them the local slope. The forward pass then draws the graph of section 2 by itself.

A value may hand its slope on only when all its own shares have arrived, and they **add up**: `+=`, not `=`.
Therefore the values are put in an order in which each comes after its inputs, and that order is walked from
the end.
"""


# %%
class Value:
    def __init__(self, data, edges=()):
        self.data, self.grad = data, 0.0
        self.edges = edges  # pairs (input, slope of this value for that input)

    def __add__(self, other):
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        edges = [(self, other.data), (other, self.data)]
        return Value(self.data * other.data, edges)

    def relu(self):
        return Value(max(self.data, 0.0), [(self, float(self.data > 0))])

    def order(self):
        order, seen = [], set()

        def visit(value):
            if value not in seen:
                seen.add(value)
                for source, _ in value.edges:
                    visit(source)
                order.append(value)  # after everything that it was made from

        visit(self)
        return order

    def backward(self):
        self.grad = 1.0
        for value in reversed(self.order()):
            for source, slope in value.edges:
                source.grad += slope * value.grad


# %% [markdown]
r"""
Follow it for $L = a \cdot b + a$ with $a = 2$, $b = 3$; call the product $m$. In which order are the four
appended?

<details><summary>Step by step</summary>

`visit(L)` first visits $m$, which first visits $a$, then $b$: they have no inputs and are appended. Then $m$
is complete. $L$ asks for $a$, which was seen, and comes last.

</details>
"""

# %% jupyter={"source_hidden": true}
a, b = Value(2.0), Value(3.0)
m = a * b
L = m + a
L.backward()
names = {a: "a", b: "b", m: "m", L: "L"}
print("order:", " ".join(names[value] for value in L.order()))
for value in reversed(L.order()):
    hands = []
    for source, slope in value.edges:
        hands.append(f"{slope * value.grad:g} to {names[source]}")
    what = ", ".join(hands) or "nothing"
    print(f"{names[value]}: grad {value.grad:g}, hands on", what)

# %% [markdown]
r"""
$a$ got 1 from $L$ and 3 from $m$. With `=` in place of `+=` one of them would be lost. And the neuron of
section 2, without a single derivative written by hand:
"""

# %%
w, x, b = Value(2.0), Value(3.0), Value(-1.0)
e = Value(4.0) + Value(-1.0) * (w * x + b).relu()
(e * e).backward()
print(f"dL/dw = {w.grad:g}, dL/db = {b.grad:g}, dL/dx = {x.grad:g}")

# %% [markdown]
r"""
As on the graph. This is **reverse-mode automatic differentiation**; PyTorch's autograd is this idea with many
more operations, on arrays. PyTorch keeps adding at the next `.backward()` as well, until `zero_grad()`
empties every `.grad`.

## 6. Training, with nothing but these

The data are two moons, the network is 2–16–2. A straight line by least squares comes first.
**Predict:** what will sixteen ReLUs get after 300 steps?
"""

# %% jupyter={"source_hidden": true}
rng = np.random.default_rng(0)
X_moons, y_moons = data.two_moons(200, noise=0.15, rng=rng)
with_one = np.c_[np.ones(200), X_moons]
line = np.linalg.lstsq(with_one, 2 * y_moons - 1, rcond=None)[0]
right = (with_one @ line > 0) == y_moons
print(f"a straight line gets {np.mean(right):.1%} right")

rng = np.random.default_rng(1)
W1, b1 = rng.normal(0, 1, (2, 16)), np.zeros(16)
W2, b2 = rng.normal(0, np.sqrt(2 / 16), (16, 2)), np.zeros(2)
start = [W1.copy(), b1.copy(), W2.copy(), b2.copy()]  # for PyTorch, below

# %%
lr, num_steps, losses = 0.5, 300, []
for _ in range(num_steps):
    Z = X_moons @ W1 + b1  # forward
    A = np.maximum(Z, 0)
    mean_loss, d_logits = softmax_cross_entropy(A @ W2 + b2, y_moons)
    dA, dW2, db2 = linear_backward(d_logits, A, W2)  # backward
    _, dW1, db1 = linear_backward(relu_backward(dA, Z), X_moons, W1)
    for part, d in ((W1, dW1), (b1, db1), (W2, dW2), (b2, db2)):
        part -= lr * d  # update: -= writes into the array itself
    losses.append(mean_loss)


# %% tags=["predict"] jupyter={"source_hidden": true}
predicted = (np.maximum(X_moons @ W1 + b1, 0) @ W2 + b2).argmax(axis=1)
print(f"loss {losses[0]:.2f} → {losses[-1]:.2f}")
print(f"right on these points: {np.mean(predicted == y_moons):.1%}")

# %% [markdown]
r"""
On the points it learned from, that is. The same in PyTorch, from the same start: one line replaces all of our
backward lines. Look also at *when* a weight changes, for you may have heard that *backpropagation adjusts the
parameters*.
"""

# %%
tX, ty = torch.tensor(X_moons), torch.tensor(y_moons)
twins = [tensor(part) for part in start]  # with requires_grad=True
optimizer = torch.optim.SGD(twins, lr=lr)
moved = 0.0
for _ in range(num_steps):
    before = twins[0].detach().clone()  # a copy, outside the graph
    optimizer.zero_grad()  # forget the slopes of the last step
    logits = torch.relu(tX @ twins[0] + twins[1]) @ twins[2] + twins[3]
    F.cross_entropy(logits, ty).backward()
    moved = max(moved, (twins[0].detach() - before).abs().max().item())
    optimizer.step()

# %% jupyter={"source_hidden": true}
print("every weight agrees:", all(map(agree, (W1, b1, W2, b2), twins)))
print(f"largest change of a first-layer weight by backward(): {moved}")

# %% jupyter={"source_hidden": true}
claim(
    "backprop-adjusts-parameters",
    because="Back-propagation is the method for computing the gradient; another algorithm, such as "
    "gradient descent, learns with it (Goodfellow, Bengio & Courville 2016, section 6.5).",
)

# %% [markdown]
r"""
## Think

1. In section 2, set $b = -7$. What are all the slopes, and what does that mean for training?

<details><summary>Answer</summary>

$z = -1$, so ReLU outputs 0 and lets nothing back: the slopes of $z$, $w$, $x$ and $b$ are all 0. The loss
is 16, large, and yet this neuron learns nothing from this sample. If that happens for every sample, the
unit is dead; lesson 06 measures how often.

</details>

2. Your gradient check of a network with ReLU gives a relative error of 0.02, but only for one weight of
   10,000. Is your code wrong?

<details><summary>Answer</summary>

Perhaps not. If a ReLU's input changes sign between $\theta - h$ and $\theta + h$, the nudge crosses a
corner, and the difference measures an average of two slopes. Repeat the check with a smaller $h$ or other
data. A mistake in the formula stays; a corner goes away.

</details>

## Recap

- The gradient lists the slope of the loss for each parameter; against it the loss falls fastest, for a
  small step.
- The learning rate is your choice: too small creeps, larger jumps across, and beyond a limit every step
  makes it worse.
- Slopes multiply from right to left: a sum hands on, a product swaps, a maximum chooses, two shares add up.
- Softmax with cross-entropy hands back $p$ minus the truth. Linear hands back `d_out @ W.T` and keeps
  `X.T @ d_out`.
- Check a gradient by two-sided differences with $h \approx 10^{-5}$ in float64: smaller is not better.
"""

# %% jupyter={"source_hidden": true}
from helpers.glossary import terms

terms("05_backward")

# %% [markdown]
r"""
Now you: [exercise 05](../exercises/05_backward/05_backward.ipynb), with five tasks. For a second reading:
[what you may have heard](05_backward_heard.ipynb). Next:
[lesson 06](06_activations.ipynb), activations.

Sources

- D. Rumelhart, G. Hinton, R. Williams,
  [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0), Nature 1986.
- I. Goodfellow, Y. Bengio, A. Courville, [Deep Learning](https://www.deeplearningbook.org), 2016, section
  6.5: what the word means.
"""
