# %% [markdown]
r"""
# 05 · Backward: which way is down?

A network learns by changing its weights a little, thousands of times, each time in the direction that
lowers the loss. This lesson is about where that direction comes from. Everything that is called training
rests on it.

**You will be able to**

- say what a gradient is, and walk down a loss by hand in one and in two dimensions;
- write the backward pass of a linear layer, ReLU and softmax with cross-entropy;
- check any gradient numerically, and say how far that check can be trusted;
- explain what `loss.backward()` does, because you have built it in 30 lines.

**Time:** {minutes} minutes. **Before this:** lesson 04, the forward pass. You need no calculus; a slope is
enough.
"""

# %%
import numpy as np
import torch
import torch.nn.functional as F

from helpers import data
from helpers.claims import claim
from helpers.figures import backward as figures
from helpers.figures import show
from helpers.glossary import terms

# %% [markdown]
r"""
## A walk in fog

Lesson 04 in four lines, for those who come straight from lesson 01. A **linear layer** multiplies its
inputs by weights and adds a bias: `X @ W + b`. **ReLU** turns negative numbers into 0. The last layer gives
one score for each class, the **logits**, and **softmax** turns them into probabilities. The **loss** is
$-\log$ of the probability of the true class, on average: 0 for a model that is sure and right.

Here is a network for 8 × 8 pictures of digits: 64 inputs, 16 hidden units with ReLU, 10 outputs. It has
64·16 + 16 + 16·10 + 10 = 1,210 parameters. Put them all into one vector `theta`, and the loss is a function
of that vector: 1,210 numbers go in, one comes out. Think of it as a landscape, the **loss surface**. Each
choice of the parameters is a place, and the loss is its height.
"""

# %%
X, y = data.load_digits()
X, y = X[:300] / 16, y[:300]


def unpack(theta):
    W1, b1, W2, b2 = np.split(theta, [1024, 1040, 1200])
    return W1.reshape(64, 16), b1, W2.reshape(16, 10), b2


def loss(theta):
    W1, b1, W2, b2 = unpack(theta)
    logits = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


# %%
rng = np.random.default_rng(0)
W1, W2 = rng.normal(0, np.sqrt(2 / 64), (64, 16)), rng.normal(0, np.sqrt(2 / 16), (16, 10))
theta = np.concatenate([W1.ravel(), np.zeros(16), W2.ravel(), np.zeros(10)])
print(f"{theta.size} parameters, loss {loss(theta):.2f}")

# %% [markdown]
r"""
You stand at `theta` in thick fog and want to go down. You can only feel how the ground tilts under a tiny
step. So you try 500 random directions and write down how fast the loss changes in each.

There is another way. Nudge each parameter alone, one after the other, and write down the 1,210 small
slopes. Then step in all those directions at once, against each slope, farther where it is steeper.

**Predict before you run:** is the best of 500 random directions nearly as good as the second way? Half as
good? Less?
"""

# %%
tiny = 1e-3
directions = rng.normal(size=(500, theta.size))
directions /= np.linalg.norm(directions, axis=1, keepdims=True)  # every direction has length 1
random_slopes = np.array([(loss(theta + tiny * d) - loss(theta)) / tiny for d in directions])

nudge = 1e-5
one_at_a_time = np.eye(theta.size)  # row i nudges parameter i alone
above = np.array([loss(theta + nudge * e) for e in one_at_a_time])
below = np.array([loss(theta - nudge * e) for e in one_at_a_time])
slopes = (above - below) / (2 * nudge)
downhill = -slopes / np.linalg.norm(slopes)
slope_downhill = (loss(theta + tiny * downhill) - loss(theta)) / tiny

print(f"best of 500 random directions  {random_slopes.min():.2f}")
print(f"all small slopes together      {slope_downhill:.2f}")

# %%
fig = figures.histogram_of_slopes(random_slopes, slope_downhill)
show(fig, alt="500 random slopes lie between -0.07 and 0.07; down the gradient it is -0.79.")

# %% [markdown]
r"""
Not even a tenth. With 1,210 dimensions nearly every random direction runs level, along the hillside. The
list of 1,210 small slopes knows the way, and it has a name: the **gradient**.

It was expensive, though: two evaluations of the loss for each parameter, 2,420 in all, for a single step. A
network with a million parameters would need two million. At the end of section 3 you will get the same list
from one forward and one backward pass.
"""

# %% [markdown]
r"""
## 1. Slope and step

Start with one weight. Three points, (0, 1), (1, 3) and (2, 5), and a line $\hat y = w x + 1$ whose slope
$w$ you look for. The **error** of a point is what is missing, $e_i = y_i - \hat y_i$, and the loss is the
mean of the squared errors:

$$L(w) = \frac1n \sum_i (y_i - w x_i - 1)^2$$

The **derivative** $\mathrm dL/\mathrm dw$ is the slope of that curve: how much $L$ changes per unit of $w$,
for a tiny change of $w$. If an error $e$ changes by a tiny $d$, its square changes by
$(e + d)^2 - e^2 = 2ed + d^2$, which is $2ed$ for a $d$ so tiny that $d^2$ does not count. And if $w$ grows by
a little, $e_i$ changes by $-x_i$ times as much. Together:

$$\frac{\mathrm dL}{\mathrm dw} = \frac1n \sum_i 2 e_i \cdot (-x_i) = -2 \cdot \text{mean}(e_i x_i)$$

By hand, at $w = 0$: the errors are 0, 2 and 4, so the slope is $-2 \cdot (0 + 2 + 8)/3 = -6.67$. It is
negative: the curve falls to the right, so go right. How far? As far as the slope says, times a small number
that you choose, the **learning rate** `lr`:

$$w \leftarrow w - \text{lr} \cdot \frac{\mathrm dL}{\mathrm dw}$$

That is a **parameter update**. With `lr` = 0.1 the first one takes $w$ from 0 to 0.67.
"""

# %%
x_line, y_line = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])


def line_loss(w, b=1.0):
    return np.mean((y_line - w * x_line - b) ** 2)


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

**Predict:** what happens with `lr` = 0.5, five times as large? And with 0.65, just a little more than that?
"""

# %%
paths = {f"lr = {lr}": descend(lr, num_steps=4) for lr in (0.1, 0.5, 0.65)}
for name, visited in paths.items():
    print(f"{name:9} ends at w = {visited[-1]:5.2f}, loss {line_loss(visited[-1]):5.2f}")

# %%
fig = figures.curve_with_steps(line_loss, paths)
show(fig, alt="lr 0.1 creeps down one side, 0.5 jumps across the valley, 0.65 climbs out of it.")

# %% [markdown]
r"""
At 0.1 and at 0.5 each step leaves two thirds of the distance, and both end equally low: once on the
same side, once by jumping across the valley. At 0.65 it lands higher than it started,
where the slope is steeper, so the next jump is longer still. The slope points the right way in all three.
**It does not say how far to go.**

### Two weights

Let the intercept $b$ be free as well: $\hat y = w x + b$. Now the loss is a surface over a plane. Hold $b$
fixed and move only $w$: the slope you feel is the **partial derivative** $\partial L / \partial w$. Hold
$w$ and move $b$: that is $\partial L / \partial b$. The gradient is the two of them in one vector, and
descent uses its negative:

$$\nabla L = \begin{pmatrix} \partial L/\partial w \\ \partial L/\partial b \end{pmatrix}
= \begin{pmatrix} -2\,\text{mean}(e_i x_i) \\ -2\,\text{mean}(e_i) \end{pmatrix},
\qquad \begin{pmatrix} w \\ b \end{pmatrix} \leftarrow
\begin{pmatrix} w \\ b \end{pmatrix} - \text{lr} \cdot \nabla L$$

By hand, at $w = b = 0$: the errors are 1, 3 and 5, so
$\partial L/\partial w = -2 \cdot (0 + 3 + 10)/3 = -8.67$ and $\partial L/\partial b = -2 \cdot 3 = -6$.
"""


# %%
def gradient_at(point):
    w, b = point
    error = y_line - w * x_line - b
    return np.array([-2 * np.mean(error * x_line), -2 * np.mean(error)])


def descend_in_two(lr, num_steps):
    visited = [np.zeros(2)]
    for _ in range(num_steps):
        visited.append(visited[-1] - lr * gradient_at(visited[-1]))
    return np.array(visited)


paths = {f"lr = {lr}": descend_in_two(lr, num_steps=25) for lr in (0.1, 0.3)}
print("gradient at (0, 0):", gradient_at(np.zeros(2)).round(2))
for name, visited in paths.items():
    print(f"{name:9} after 25 steps: w = {visited[-1][0]:.2f}, b = {visited[-1][1]:.2f}")


# %%
def loss_at(w, b):
    return np.mean([(yi - w * xi - b) ** 2 for xi, yi in zip(x_line, y_line, strict=True)], axis=0)


fig = figures.bowl_with_paths(loss_at, paths, minimum=(2, 1))
show(fig, alt="Each step starts at a right angle to its line of equal loss; lr 0.3 zig-zags.")

# %% [markdown]
r"""
Each step leaves its line of equal loss at a right angle: that is the steepest way down *from this point*,
seldom the direct way to the minimum. The valley is steep across and flat along. The steep direction limits
`lr`; the flat one then needs many steps. You can move both in the explorer below.

PyTorch finds the same two slopes:
"""

# %%
point = torch.zeros(2, dtype=torch.float64, requires_grad=True)
prediction = point[0] * torch.tensor(x_line) + point[1]
torch.mean((torch.tensor(y_line) - prediction) ** 2).backward()
print(point.grad.numpy().round(2))

# %% [markdown]
r"""
## 2. The chain rule, with numbers

How do you get a slope through several steps of computation? Take one neuron with ReLU and squared error:

$$z = w x + b, \qquad a = \max(z, 0), \qquad e = y - a, \qquad L = e^2$$

Suppose a nudge of $w$ moves $z$ three times as far, and a nudge of $z$ moves $L$ twice as far. Then a nudge
of $w$ moves $L$ six times as far. Rates multiply along the way. That is the **chain rule**,
$\frac{\mathrm d}{\mathrm dx} f(g(x)) = f'(g(x)) \cdot g'(x)$:

$$\frac{\partial L}{\partial w}
= \frac{\partial L}{\partial e} \cdot \frac{\partial e}{\partial a} \cdot
\frac{\partial a}{\partial z} \cdot \frac{\partial z}{\partial w}$$

Each factor is easy. Compute the values from left to right and keep them; then multiply the factors **from
right to left**, starting with $\partial L/\partial L = 1$. Try it on paper first with
$w = 2, x = 3, b = -1, y = 4$.
"""

# %%
w, x, b, target = 2.0, 3.0, -1.0, 4.0

z = w * x + b  # forward: keep every value
a = max(z, 0)
e = target - a
L = e**2

dL = 1.0  # backward: each line is (what came from the right) times (one easy slope)
de = dL * 2 * e
da = de * -1
dz = da * (z > 0)
dw, dx, db = dz * x, dz * w, dz * 1
print(f"L = {L:g}, dL/dw = {dw:g}, dL/db = {db:g}, dL/dx = {dx:g}")

# %%
values = {"w": w, "x": x, "b": b, "z": z, "a": a, "e": e, "L": L}
derivatives = {"w": dw, "x": dx, "b": db, "z": dz, "a": da, "e": de, "L": dL}
fig = figures.graph_of_one_neuron(values, derivatives)
show(fig, alt="One neuron as a graph. Slopes of L: w 6, x 4, b 2, z 2, a 2, e -2, L 1.")

# %% [markdown]
r"""
A test without any rule: nudge $w$ by 0.001 and the loss should rise by about 0.006.
"""

# %%
nudged = (target - max((w + 0.001) * x + b, 0)) ** 2
print(f"{nudged - L:.4f}")

# %% [markdown]
r"""
Two things to keep. Going from right to left, $\partial L/\partial z$ was computed **once** and used for
$w$, $x$ and $b$: the slopes of *all* numbers in the graph together cost a small multiple of the forward
pass, for a large network about two of them. And each step needs only its own inputs and the number that
comes from its right. So every kind of layer can be written once, by itself.
"""

# %% [markdown]
r"""
## 3. Three layers, backwards

Doing this from the last layer to the first is **backpropagation**: each layer is handed
$\partial L/\partial(\text{its output})$, called `d_out`, computes the slopes of its own parameters, and
hands $\partial L/\partial(\text{its input})$, called `dX`, to the layer before it. A slope always has the
shape of the thing it belongs to: `dW` has the shape of `W`.

For every layer we ask PyTorch whether it agrees.
"""


# %%
torch.set_num_threads(1)  # matrices as small as these are faster on one thread


def agree(ours, theirs):
    """Whether our array and a PyTorch tensor differ by less than 1e-10 everywhere."""
    return bool(np.abs(ours - theirs.detach().numpy()).max() < 1e-10)


def tensor(array):
    return torch.tensor(array, requires_grad=True)


rng = np.random.default_rng(5)
X_small, W, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
d_out = rng.normal(size=(4, 2))  # as if it came from the layer after this one

# %% [markdown]
r"""
### Linear

$Z = XW + b$. One entry is $z_{ij} = \sum_k x_{ik} w_{kj} + b_j$. The weight $w_{kj}$ touches column $j$ of
the output in **every row**, each time multiplied by $x_{ik}$. So its slope is a sum over the rows,
$\sum_i x_{ik} \, \partial L/\partial z_{ij}$, and that sum is a matrix product:

$$\mathrm dW = X^\top d_{\text{out}}, \qquad \mathrm db = \sum_{\text{rows}} d_{\text{out}},
\qquad \mathrm dX = d_{\text{out}} W^\top$$

If you forget which one is transposed, let the shapes tell you: `dW` must be (3, 2), and from (4, 3) and (4,
2) there is only one way to get there.
"""


# %%
def linear_backward(d_out, X, W):
    dX = d_out @ W.T
    dW = X.T @ d_out
    db = d_out.sum(axis=0)
    return dX, dW, db


dX, dW, db = linear_backward(d_out, X_small, W)

# %%
tX, tW, tb = tensor(X_small), tensor(W), tensor(b)
(tX @ tW + tb).backward(torch.tensor(d_out))
for name, ours, theirs in (("dX", dX, tX.grad), ("dW", dW, tW.grad), ("db", db, tb.grad)):
    print(f"{name} {ours.shape} agrees to 1e-10: {agree(ours, theirs)}")

# %% [markdown]
r"""
### ReLU

$a = \max(z, 0)$. Where $z$ is positive the slope is 1, so what comes from the right passes through. Where
$z$ is negative the output is 0 whatever happens, so nothing passes:

$$\mathrm dZ = d_{\text{out}} \cdot [Z > 0]$$

At exactly 0 there is a corner and no slope. Everybody takes 0 there, PyTorch too.
"""


# %%
def relu_backward(d_out, Z):
    return d_out * (Z > 0)


Z = np.array([[-2.0, 0.0], [0.5, 3.0]])
tZ = tensor(Z)
torch.relu(tZ).backward(torch.ones(2, 2, dtype=torch.float64))
print(relu_backward(np.ones((2, 2)), Z))
print("agrees to 1e-10:", agree(relu_backward(np.ones((2, 2)), Z), tZ.grad))

# %% [markdown]
r"""
### Softmax and cross-entropy, together

Softmax turns logits into probabilities, $p_j = e^{z_j} / \sum_k e^{z_k}$, and cross-entropy is $-\log p_y$
for the true class $y$. Apart, each has an untidy derivative. Together they are simple. Write the loss of
one sample out:

$$-\log p_y = -z_y + \log \sum_k e^{z_k}$$

The first term has slope $-1$ for the true class and 0 for the others. The second has slope
$e^{z_j} / \sum_k e^{z_k}$, which is $p_j$ again. The sum of both is what the model believes minus what is
true:

$$\frac{\partial L}{\partial z_j} = p_j - [j = y],
\qquad \text{and divided by } n \text{ when } L \text{ is the mean over } n \text{ samples.}$$
"""


# %%
def softmax_cross_entropy(logits, y):
    shifted = logits - logits.max(axis=1, keepdims=True)  # same p, and exp cannot overflow
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = -np.log(p[rows, y]).mean()
    d_logits = p.copy()
    d_logits[rows, y] -= 1
    return loss, d_logits / len(y)


logits, labels = np.array([[2.0, 1.0, 0.0]]), np.array([1])
_, d_logits = softmax_cross_entropy(logits, labels)
print("d_logits:", d_logits.round(3), " sum:", abs(d_logits.sum().round(10)))

# %%
t_logits = tensor(logits)
F.cross_entropy(t_logits, torch.tensor(labels)).backward()
print("agrees to 1e-10:", agree(d_logits, t_logits.grad))

# %% [markdown]
r"""
The true class is the second. Its slope is negative: raise this logit and the loss falls. The wrong
favourite, the first, is pushed down hardest. The three sum to zero, because adding the same number to all
logits changes nothing.

### Out of the fog

Put the layers in a row and run them backwards. Here are the 1,210 slopes of the opening again, this time
without a single nudge.
"""


# %%
def loss_and_gradient(theta, X, y):
    W1, b1, W2, b2 = unpack(theta)
    Z = X @ W1 + b1  # forward
    A = np.maximum(Z, 0)
    loss, d_logits = softmax_cross_entropy(A @ W2 + b2, y)
    dA, dW2, db2 = linear_backward(d_logits, A, W2)  # backward: the same layers in the opposite order
    dZ = relu_backward(dA, Z)
    _, dW1, db1 = linear_backward(dZ, X, W1)
    return loss, np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2])


_, gradient = loss_and_gradient(theta, X, y)
print("the same 1,210 slopes, to 1e-8:", bool(np.abs(gradient - slopes).max() < 1e-8))

# %% [markdown]
r"""
## 4. How far can you trust a nudge?

The slopes by nudging, called **finite differences**, agreed with the exact ones. That makes them a judge:
whoever writes a backward pass by hand compares it with nudges. This is a **gradient check**. It needs a
step size $h$, and there are two ways:

$$\text{one-sided: } \frac{L(\theta + h) - L(\theta)}{h} \qquad
\qquad \text{two-sided: } \frac{L(\theta + h) - L(\theta - h)}{2h}$$

The definition of a derivative says "let $h$ go to zero".

**Predict:** is the smallest $h$ the best? We know the exact gradient now, so we can measure the error. We
take the 160 weights of the output layer and step sizes from 0.1 down to $10^{-13}$.
"""

# %%
output_layer = slice(1040, 1200)
exact = gradient[output_layer]
units = np.eye(theta.size)[output_layer]
h_values = 10.0 ** -np.arange(1, 14)


def relative_error(estimate):
    return np.linalg.norm(estimate - exact) / np.linalg.norm(exact)


one_sided, two_sided = [], []
for h in h_values:
    above = np.array([loss(theta + h * e) for e in units])
    below = np.array([loss(theta - h * e) for e in units])
    one_sided.append(relative_error((above - loss(theta)) / h))
    two_sided.append(relative_error((above - below) / (2 * h)))

print(f"best step, one-sided: {h_values[np.argmin(one_sided)]:.0e}")
print(f"best step, two-sided: {h_values[np.argmin(two_sided)]:.0e}")

# %%
fig = figures.step_size_curve(h_values, np.array(one_sided), np.array(two_sided))
show(fig, alt="Two Vs: the error falls until h is 1e-7 (one-sided) or 1e-5, then rises as 1/h.")

# %% [markdown]
r"""
A V. Two errors fight each other.

- On the right, **truncation**: over a large step the curve bends away from its slope. One-sided, that error
  is proportional to $h$. Two-sided, the bends left and right cancel, what remains is proportional to $h^2$,
  and the line falls twice as steeply.
- On the left, **rounding**: float64 keeps about 16 digits, so each loss is off by about $10^{-16}$ of its
  size. Their difference is a small number with that same error, and then you divide by $h$. Halve $h$ and
  the error doubles.

So: two-sided, $h = 10^{-5}$, float64. In float32 rounding is hundreds of millions of times coarser, and the
check is worth little. A relative error under $10^{-6}$ means that your backward pass is right. If it is
larger, look for a corner first (a ReLU whose input changes sign within the step), then for your mistake.
The library has the check ready:
"""

# %%
from helpers.nn.gradient_check import gradient_check

error = gradient_check(loss, theta, gradient)
print("our backward pass is right:", error < 1e-6)

broken = gradient.copy()
broken[output_layer] *= 300 / 299  # as if someone had divided by n - 1
print("a backward pass with a small mistake:", f"{gradient_check(loss, theta, broken):.0e}")

# %% [markdown]
r"""
## 5. Automatic: reverse mode in 30 lines

You wrote a backward line for every forward line. A computer can do that. Let each number remember **where
it came from**: its inputs, and for each of them the local slope. The forward pass then draws the graph of
section 2 by itself, and `backward` walks it once from right to left.

One detail decides whether it is right. A value that is used twice has two ways to move the loss, so the
contributions **add up**: `+=`, not `=`. And a value may pass its slope on only when all its own
contributions have arrived. Therefore the nodes are put in an order in which each comes after its inputs,
and that order is walked from the end.
"""


# %%
class Value:
    def __init__(self, data, edges=()):
        self.data, self.grad = data, 0.0
        self.edges = edges  # pairs (input, slope of this value with respect to that input)

    def __add__(self, other):
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    def relu(self):
        return Value(max(self.data, 0.0), [(self, float(self.data > 0))])

    def backward(self):
        order, seen = [], set()

        def visit(value):
            if value not in seen:
                seen.add(value)
                for source, _ in value.edges:
                    visit(source)
                order.append(value)  # after everything that it was made from

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            for source, slope in value.edges:
                source.grad += slope * value.grad


# %% [markdown]
r"""
That is all of it. The neuron of section 2, without a single derivative written by hand:
"""

# %%
w, x, b = Value(2.0), Value(3.0), Value(-1.0)
e = Value(4.0) + Value(-1.0) * (w * x + b).relu()
L = e * e
L.backward()
print(f"L = {L.data:g}, dL/dw = {w.grad:g}, dL/db = {b.grad:g}, dL/dx = {x.grad:g}")

# %% [markdown]
r"""
The same numbers as on the graph. Note that `e * e` uses `e` twice, so `e.grad` is the sum of two
contributions. With `=` in place of `+=` every slope here would be half of what it should be.

This is **reverse-mode automatic differentiation**. PyTorch's autograd is this idea with hundreds of
operations, on arrays. `helpers.nn.autodiff` is in between: arrays, and about ten operations. A local slope
is there a small function, since for arrays "multiply by the slope" can be a matrix product. Its `backward`
has the same shape as yours:
"""

# %%
import inspect

from helpers.nn import autodiff

print(inspect.getsource(autodiff.Value.backward))

# %%
parts = [autodiff.Value(part) for part in unpack(theta)]
logits = (X @ parts[0] + parts[1]).relu() @ parts[2] + parts[3]
log_p = logits - logits.exp().sum(axis=1, keepdims=True).log()
mean_loss = (log_p * np.eye(10)[y]).sum() * (-1 / len(y))
mean_loss.backward()

automatic = np.concatenate([part.grad.ravel() for part in parts])
print("agrees with the backward pass by hand to 1e-10:", bool(np.abs(automatic - gradient).max() < 1e-10))

# %% [markdown]
r"""
## 6. Training, with nothing but these

You have a loss, a gradient and an update. Nothing else is needed to train a network. The data are two moons
that no straight line separates, the network is 2–16–2.

A straight line comes first, as a baseline. **Predict:** what will sixteen ReLUs get after 300 steps?
"""

# %%
X_moons, y_moons = data.two_moons(200, noise=0.15, rng=np.random.default_rng(0))
with_one = np.c_[np.ones(200), X_moons]
line = np.linalg.lstsq(with_one, 2 * y_moons - 1, rcond=None)[0]
print(f"a straight line gets {np.mean((with_one @ line > 0) == y_moons):.1%} right")

# %%
rng = np.random.default_rng(1)
W1, b1 = rng.normal(0, 1, (2, 16)), np.zeros(16)
W2, b2 = rng.normal(0, np.sqrt(2 / 16), (16, 2)), np.zeros(2)
start = [W1.copy(), b1.copy(), W2.copy(), b2.copy()]  # for PyTorch, below

lr, num_steps, losses = 0.5, 300, []
for _ in range(num_steps):
    Z = X_moons @ W1 + b1  # forward
    A = np.maximum(Z, 0)
    batch_loss, d_logits = softmax_cross_entropy(A @ W2 + b2, y_moons)
    dA, dW2, db2 = linear_backward(d_logits, A, W2)  # backward
    _, dW1, db1 = linear_backward(relu_backward(dA, Z), X_moons, W1)
    for parameter, d in ((W1, dW1), (b1, db1), (W2, dW2), (b2, db2)):
        parameter -= lr * d  # update
    losses.append(batch_loss)


# %%
def predict(X):
    return (np.maximum(X @ W1 + b1, 0) @ W2 + b2).argmax(axis=1)


print(f"loss {losses[0]:.2f} → {losses[-1]:.2f}")
print(f"right on these points: {np.mean(predict(X_moons) == y_moons):.1%}")

# %%
fig = figures.boundary_and_losses(predict, X_moons, y_moons, losses)
show(fig, alt="The loss falls in 300 steps and the boundary bends between the two moons.")

# %% [markdown]
r"""
On the points it learned from, that is; how it does on others is what lesson 01 is about, and the end of the
exercise measures it.

The same in PyTorch, from the same start. Autograd replaces all of our backward lines with one:
"""

# %%
tX, ty = torch.tensor(X_moons), torch.tensor(y_moons)
twins = [tensor(part) for part in start]
for _ in range(num_steps):
    logits = torch.relu(tX @ twins[0] + twins[1]) @ twins[2] + twins[3]
    gradients = torch.autograd.grad(F.cross_entropy(logits, ty), twins)
    with torch.no_grad():
        for parameter, d in zip(twins, gradients, strict=True):
            parameter -= lr * d

same = all(agree(ours, theirs) for ours, theirs in zip((W1, b1, W2, b2), twins, strict=True))
print(f"after {num_steps} steps every weight agrees to 1e-10: {same}")

# %% [markdown]
r"""
And the same with the course's own library. Its classes compute what the functions of section 3 compute, but
keep and reuse their arrays, for speed. Open `helpers/nn/layers.py`: the formulas stand as comments beside
the lines. From the next lesson on we use it.
"""

# %%
from helpers.nn.activations import ReLU
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.optimizers import SGD

hidden, output = Linear(2, 16, rng=rng), Linear(16, 2, rng=rng)
hidden.W, hidden.b, output.W, output.b = start
model, criterion = Sequential(hidden, ReLU(), output), CrossEntropyLoss()
optimizer = SGD(model, lr=0.5)

for _ in range(num_steps):
    criterion.forward(model.forward(X_moons), y_moons)
    model.backward(criterion.backward())
    optimizer.step()

print("the library agrees to 1e-10:", bool(np.abs(hidden.W - W1).max() < 1e-10))

# %% [markdown]
r"""
## Try it

A bowl with two weights, seen from above. Move the **learning rate** and watch the path.

Before you touch it, predict: as the learning rate grows, which comes first, the zig-zag or the escape? And
when you make the bowl longer (a larger condition number), must the learning rate become smaller or may it
stay?
"""

# %%
from helpers.explore.backward import explorer

explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

The zig-zag comes first. In the steep direction each step multiplies the distance by
$1 - \text{lr} \cdot \lambda_{\max}$, where $\lambda_{\max}$ (lambda) says how sharply the bowl bends that
way. Beyond $1/\lambda_{\max}$ the factor is negative, so the path jumps across; at $2/\lambda_{\max}$ it is
$-1$, and beyond that the path escapes. In this bowl $\lambda_{\max}$ is the condition number: make it larger,
and the learning rate must become smaller.

</details>
"""

# %% [markdown]
r"""
## You may have heard

**"Along the gradient a function changes fastest."** The opening measured it. Here is the steepest of 500
random directions, as a share of the slope along the gradient:
"""

# %%
uphill = (loss(theta + tiny * gradient / np.linalg.norm(gradient)) - loss(theta)) / tiny
print(f"up along the gradient {uphill:.2f}, down against it {slope_downhill:.2f}")
claim("gradient-is-steepest", measured=np.abs(random_slopes).max() / uphill)

# %% [markdown]
r"""
**"Backpropagation finds the parameters at which the batch's loss is minimal."** A linear model on the
diabetes data makes this easy to test, since the minimum of a batch can be computed directly. 100 batches of
32 patients: from zero weights, one step, against the minimum of the batch. The number is how far above that
minimum one step ends, before rounding.
"""

# %%
X_all, y_all = data.load_diabetes()
X_all, y_all = np.c_[np.ones(442), X_all / X_all.std(axis=0)], (y_all - y_all.mean()) / y_all.std()


def mse(w, X, y):
    return np.mean((y - X @ w) ** 2)


def least_squares(X, y):
    return np.linalg.lstsq(X, y, rcond=None)[0]


scores = []
for seed in range(100):
    batch = np.random.default_rng(seed).choice(442, size=32, replace=False)
    X_batch, y_batch = X_all[batch], y_all[batch]
    one_step = 0.05 * 2 * X_batch.T @ y_batch / 32  # zero, minus lr times the gradient at zero
    for w in (one_step, least_squares(X_batch, y_batch), least_squares(X_all, y_all)):
        scores.append((mse(w, X_batch, y_batch), mse(w, X_all, y_all)))

table = np.reshape(scores, (100, 3, 2)).mean(axis=0)
for name, row in zip(("one step", "minimum of the batch", "minimum of all data"), table, strict=True):
    print(f"{name:21} loss of the batch {row[0]:.2f}, of all data {row[1]:.2f}")
claim("backprop-finds-batch-minimum", measured=table[0, 0] - table[1, 0])

# %% [markdown]
r"""
It is good that one step stops early. At the minimum of the batch its loss looks wonderful, and on all data
it is more than twice as large: the difference was learned by heart. Many small steps on many batches end
near the last row.

**"Backpropagation adjusts the parameters."** Look at the weights after `backward()`, and again after
`step()`:
"""

# %%
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10)).double()
sgd = torch.optim.SGD(net.parameters(), lr=0.1)
before = net[0].weight.detach().clone()


def change():
    return (net[0].weight.detach() - before).abs().max().item()


F.cross_entropy(net(torch.tensor(X)), torch.tensor(y)).backward()
change_by_backward = change()
returned = sgd.step()
print(f"after backward() {change_by_backward}, after step() changed: {change() > 0}")
print("step() returned", returned)
claim("backprop-adjusts-parameters", measured=change_by_backward)

# %% [markdown]
r"""
**"Gradients are computed by the chain rule or other optimization methods."** Optimization methods *use*
gradients. The other way to compute one is to nudge. Count what that costs:
"""

# %%
from helpers.nn.gradient_check import numerical_gradient

evaluations = []


def counted_loss(theta):
    evaluations.append(theta.size)
    return loss(theta)


by_nudges = numerical_gradient(counted_loss, theta)
print("same gradient to 1e-8:", bool(np.abs(by_nudges - gradient).max() < 1e-8))
print(f"forward passes: {len(evaluations)} by nudging, 1 (and a backward pass) by the chain rule")
claim("chain-rule-or-other-methods", measured=len(evaluations), digits=0)

# %% [markdown]
r"""
**A snippet that is often copied:** `model = model.fit(X, y)` and then `model.evaluate(X_test, y_test)`. In
Keras, `fit` trains the model and returns a `History`, a record of the losses. TensorFlow is not needed to
see the trap; here is a class with the same contract. The number is how many test scores the snippet
produces.
"""


# %%
class History:
    def __init__(self, losses):
        self.history = {"loss": losses}


class Model:
    def fit(self, X, y):
        return History(losses=[0.7, 0.3])

    def evaluate(self, X, y):
        return 0.3


test_scores, trained = [], Model()
trained = trained.fit(X, y)
try:
    test_scores.append(trained.evaluate(X, y))
except AttributeError as problem:
    print(problem)
claim("keras-fit-returns-model", measured=len(test_scores), digits=0)

# %% [markdown]
r"""
PyTorch has the same trap: `sgd.step()` returned `None` above. What changes things in place is best not
assigned.

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
data. A real mistake stays; a corner goes away.

</details>

3. Why from right to left? The chain rule is a product, and products can be multiplied in any order.

<details><summary>Answer</summary>

The result is the same, the cost is not. On the right there is one number, the loss, so each step from the
right multiplies a vector with a matrix. From the left you would carry the slopes of everything with respect
to *one* input, and do it again for each of the 1,210 parameters. With one input and many outputs it would
be the other way round.

</details>

4. You train with the *sum* of the losses instead of the mean. What must you change to get the same path?

<details><summary>Answer</summary>

The gradient is $n$ times as large, so divide `lr` by $n$. This is why a learning rate says little without
the loss and batch size that it was used with.

</details>

## Recap

- The gradient lists the slope of the loss for each parameter; against it the loss falls fastest, for a
  small step.
- The learning rate is your choice: too small creeps, too large jumps across, and beyond a limit every step
  makes it worse.
- The chain rule multiplies slopes from right to left; each layer needs its input and what came from its
  right.
- Softmax with cross-entropy hands back $p$ minus the truth. Linear hands back `d_out @ W.T` and keeps
  `X.T @ d_out`.
- Check a gradient by two-sided differences with $h \approx 10^{-5}$ in float64: smaller is not better.
"""

# %%
terms("05_backward")

# %% [markdown]
r"""
Now you: [exercise 05](../exercises/05_backward/05_backward.ipynb), five tasks, from a numerical gradient to
a network that you train with your own backward pass. Next: lesson 06, activations, and what happens to a
gradient on its way through twenty layers.

Sources

- D. Rumelhart, G. Hinton, R. Williams,
  [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0), Nature 1986. Four
  pages; the paper that made it known.
- A. Baydin, B. Pearlmutter, A. Radul, J. Siskind,
  [Automatic differentiation in machine learning: a survey](https://jmlr.org/papers/v18/17-468.html), JMLR
  2018.
- J. Nocedal, S. Wright, *Numerical Optimization*, 2nd ed. 2006, chapter 8: step sizes of finite
  differences.
- A. Griewank, A. Walther, *Evaluating Derivatives*, 2nd ed. 2008: why one backward pass costs a small
  multiple of the forward pass.
"""
