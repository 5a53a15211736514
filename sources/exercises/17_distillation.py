# %% [markdown]
r"""
# Exercise 17 · Distillation

Four tasks, 15 points, about 35 minutes. You write the loss with which a student listens to a teacher and to
labels, prune a network and train it on. At the end a small student learns digits from 100 pictures without
labels. Lesson: [17 · Distillation](../../lessons/17_distillation.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, nn
from helpers.checks import check
from helpers.nn.activations import softmax
from helpers.training import fit

# %% [markdown] task="distillation/distillation_loss"
r"""
## Task 1 · Two voices (4 points)

A student hears two voices: a teacher, and the labels. Its loss is

$$L = \alpha\, T^2 L_\text{soft} + (1 - \alpha)\, L_\text{labels}.$$

$L_\text{soft}$ is the **softened cross-entropy**, the mean over the rows of $-\sum_i q_i \log p_i$: q are the
teacher's shares and p those of the student, both at the temperature T. $L_\text{labels}$ is the ordinary
cross-entropy with the true classes, at the temperature 1.

Write `distillation_loss(z, teacher_z, y, T, alpha)`. `z` and `teacher_z`, both (n, C), are the outputs of
student and teacher *before* any softmax; `y` (n,) the true classes, 0 to C - 1. `T` is above 0, `alpha` from
0 to 1. Return two things:

- `loss`, a number;
- `dz`, shape (n, C), its slope for each of the student's outputs.

Outputs may be large: with 90,000 in `z` the loss is a finite number still. For example

    z, teacher_z = np.array([[2.0, 0.0]]), np.array([[0.0, 2.0]])
    distillation_loss(z, teacher_z, np.array([0]), 2.0, 0.5)
    →  (2.1520…, array([[ 0.4025…, -0.4025…]]))

By hand: at T = 2 the student's shares are 0.7311 and 0.2689, those of the teacher the other way round, and
the softened cross-entropy is 1.0444. Without softening the student says 0.8808 for the true class, which
costs 0.1269. Half of 4 · 1.0444 and half of 0.1269 is the loss. The slopes of the first output are
2 · 0.4621 and -0.1192; half of each, added, is 0.4025.

<details><summary>Hint</summary>

The logarithm of a softmax is z less the logarithm of the sum of exp(z). In which form is that sum safe?
</details>
"""


# %% answer="distillation/distillation_loss"
def distillation_loss(z, teacher_z, y, T, alpha):
    """The loss of distillation and labels together, and its slope (n, C)."""

    ### BEGIN SOLUTION
    def log_softmax(z):
        z = z - z.max(axis=1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    n, C = z.shape
    q, target = np.exp(log_softmax(teacher_z / T)), np.eye(C)[y]
    log_p, log_ordinary = log_softmax(z / T), log_softmax(z)
    soft, labels = -(q * log_p).sum() / n, -(target * log_ordinary).sum() / n
    d_soft = (np.exp(log_p) - q) / (T * n)
    d_labels = (np.exp(log_ordinary) - target) / n
    share = alpha * T**2, 1 - alpha
    dz = share[0] * d_soft + share[1] * d_labels
    return share[0] * soft + share[1] * labels, dz
    ### END SOLUTION


# %% check="distillation/distillation_loss"
check("distillation/distillation_loss", distillation_loss)

# %% [markdown] task="distillation/largest_weights"
r"""
## Task 2 · What stays (3 points)

Pruning by magnitude keeps the weights that are largest in size, wherever in the network they are, and sets
the others to 0. Which of them stay, a **mask** says for each layer.

Write `largest_weights(weights, keep)`. `weights` is a list of the weights of the layers, arrays of different
shapes; biases are not in it, they are not pruned. `keep`, from 0 to the number of all weights, says how many
weights stay, **in all layers together**. Return a list of masks, one for each layer in its shape: True where
a weight stays, False where it is cut.

Exactly `keep` weights stay. Where several are equally large and not all of them can stay, the **first** ones
do: an earlier layer comes first, and in a layer it goes row by row, from left to right. The arrays that were
passed stay as they are. For example

    W1, W2 = np.array([[0.5, -3.0], [0.2, 1.0]]), np.array([[-1.0], [2.0]])
    largest_weights([W1, W2], 3)
    →  [array([[False,  True], [False,  True]]), array([[False], [ True]])]

By hand: the sizes 3 and 2 stay. Of the 1 in `W1` and the -1 in `W2`, which are equally large, one more can
stay, and `W1` is the earlier layer.

<details><summary>Hint</summary>

`np.concatenate` puts all sizes in one row, `np.argsort(…, kind="stable")` leaves what is equal in its order,
`np.split` cuts a row into pieces.
</details>
"""


# %% answer="distillation/largest_weights"
def largest_weights(weights, keep):
    """For each layer a mask: True for the `keep` largest of all."""
    ### BEGIN SOLUTION
    sizes = np.concatenate([np.abs(W).ravel() for W in weights])
    stays = np.zeros(len(sizes), dtype=bool)
    order = np.argsort(-sizes, kind="stable")
    stays[order[:keep]] = True
    ends = np.cumsum([W.size for W in weights])
    rows = np.split(stays, ends[:-1])
    return [row.reshape(W.shape) for row, W in zip(rows, weights, strict=True)]
    ### END SOLUTION


# %% check="distillation/largest_weights"
check("distillation/largest_weights", largest_weights)

# %% [markdown] task="distillation/fine_tune"
r"""
## Task 3 · Cut, and keep it cut (4 points)

A network is cut down, and then what is left of it is trained further. What was cut has to stay at 0.

Write `fine_tune(model, masks, loss, optimizer, X, y, batches)`. `model` is an `nn.Sequential` of linear
layers with a ReLU between them, so that `model.layers[::2]` are the linear ones. `masks` has a mask for the
weights `W` of each of these, as in task 2. `batches` is a list of arrays: the numbers of the rows of `X` (n,
d) and `y` (n,) that make a batch.

- First cut: each weight whose mask is False becomes 0. Biases have no mask.
- Then take one step for each batch, in their order, with this `loss` and this `optimizer`. In every forward
  pass, and at the end, all weights that were cut are 0. What stays, and the biases, learn as ever.
- Return a list of the losses, one for each batch: what `loss.forward` returned for it, before the step.

**Mind** who comes: `optimizer` is the one that has trained the model so far, with momentum or with Adam.

For example, if a step would carry the weights of a layer from [[0.5, 0.0]] to [[0.6, 0.1]] and the mask is
[[True, False]], then they are [[0.6, 0.0]] before the next batch. The calls are `model.forward(X)`,
`loss.forward(logits, y)`, `loss.backward()`, `model.backward(slope)` and `optimizer.step()`.

<details><summary>Hint</summary>

In the lesson a weight without a slope stays where it is. What does an optimizer do with a slope of 0, if the
slopes before were not 0?
</details>
"""


# %% answer="distillation/fine_tune"
def fine_tune(model, masks, loss, optimizer, X, y, batches):
    """Cut the model, and train what is left of it; the losses."""

    ### BEGIN SOLUTION
    def cut():
        for layer, mask in zip(model.layers[::2], masks, strict=True):
            layer.W *= mask

    cut()  # before the first batch
    losses = []
    for rows in batches:
        losses.append(loss.forward(model.forward(X[rows]), y[rows]))
        model.backward(loss.backward())
        optimizer.step()
        cut()  # after each step
    return losses
    ### END SOLUTION


# %% check="distillation/fine_tune"
check("distillation/fine_tune", fine_tune)

# %% [markdown] task="distillation/distil"
r"""
## Task 4 · A student without labels (4 points)

The next cell trains a teacher, 64–128–10, on 1,000 labelled pictures of digits. Its students do not get
these. Each has 100 other pictures, which nobody has labelled, and what the teacher says about them. The cell
shows how far a student of 16 hidden units comes that takes the teacher's first choice for the label. Run it.

Write `distil(X, teacher_z, rng)`: train a student on the pictures `X` (100, 64), with what the teacher says
of them, `teacher_z` (100, 10), its outputs before any softmax, and return the student. Two things are asked:

- it has **1,210 parameters or fewer**, as 64–16–10 has;
- of new pictures it gets 0.925 or more **right**, as a share, in the mean over three such sets.

The check does as `score` in the next cell, with other sets, and numbers the ten classes in another way in
each of them: you know of the digits only what `X` and `teacher_z` tell. All chance comes from `rng`. The
student is a network that `nn.Sequential` makes. It gives ten outputs for a picture; the largest is its
answer. The check trains it eight times: a fraction of a second each is enough.

<details><summary>Hint: what there is</summary>

`fit` takes soft labels (n, 10) in place of labels. `nn.CrossEntropyLoss(temperature=…)` divides the student's
outputs by T. `softmax` is imported. What you divide the teacher's outputs by is up to you.
</details>

<details><summary>Hint: how to choose</summary>

`print(score(distil))` in a new cell tells how well a choice does. With so few pictures one epoch is a few
steps: look at more of them. Then try temperatures that differ by a factor of 2, and learning rates that
differ by a factor of 3.
</details>
"""

# %%
pictures, digits = data.load_digits()
rng = np.random.default_rng(1)
order = rng.permutation(len(digits))
X_all, y_all = pictures[order] / 16, digits[order]

first, last = nn.Linear(64, 128, rng=rng), nn.Linear(128, 10, rng=rng)
teacher = nn.Sequential(first, nn.ReLU(), last)
loss, optimizer = nn.CrossEntropyLoss(), nn.AdamW(teacher, lr=0.01)
settings = {"batch_size": 100, "num_epochs": 60, "progress": False}
fit(teacher, loss, optimizer, X_all[:1000], y_all[:1000], rng=rng, **settings)

X_new, y_new = X_all[1000:], y_all[1000:]
z_new = teacher.forward(X_new)


def from_first_choice(X, teacher_z, rng):
    """A student for whom the teacher's first choice is the label."""
    body = [nn.Linear(64, 16, rng=rng), nn.ReLU()]
    model = nn.Sequential(*body, nn.Linear(16, 10, rng=rng))
    loss, optimizer = nn.CrossEntropyLoss(), nn.AdamW(model, lr=0.01)
    settings = {"batch_size": 20, "num_epochs": 30, "progress": False}
    fit(
        model,
        loss,
        optimizer,
        X,
        teacher_z.argmax(axis=1),
        rng=rng,
        **settings,
    )
    return model


def score(learn):
    """Right about new pictures, in the mean over three sets of 100."""
    shares = []
    for k in range(3):
        rng, few = np.random.default_rng(k), np.arange(100 * k, 100 * k + 100)
        model = learn(X_new[few], z_new[few], rng).eval()
        said = model.forward(X_new[300:]).argmax(axis=1)
        shares.append(np.mean(said == y_new[300:]))
    return np.mean(shares)


print(f"teacher {np.mean(z_new.argmax(axis=1) == y_new):.2f}")
print(f"student, from its first choice {score(from_first_choice):.2f}")


# %% answer="distillation/distil"
def distil(X, teacher_z, rng):
    """A small student that has learnt from what the teacher says."""
    ### BEGIN SOLUTION
    T = 8
    hidden, last = nn.Linear(64, 16, rng=rng), nn.Linear(16, 10, rng=rng)
    model = nn.Sequential(hidden, nn.ReLU(), last)
    loss, optimizer = (
        nn.CrossEntropyLoss(temperature=T),
        nn.AdamW(model, lr=0.02),
    )
    options = {"batch_size": 20, "num_epochs": 100, "progress": False}
    fit(model, loss, optimizer, X, softmax(teacher_z / T), rng=rng, **options)
    return model
    ### END SOLUTION


# %% check="distillation/distil"
check("distillation/distil", distil)

# %% [markdown]
r"""
## Afterwards

All four pass? Then ask what your student owes to the teacher. Two others get the same 100 pictures. For one,
the nine classes that the teacher did not choose change places at random. For the other, the teacher's outputs
are eight times as large: if your answer divides them by 8, its shares are those at T = 1. Put the three in
order before you run this in a new cell:

    def changed(change):
        return lambda X, teacher_z, rng: distil(X, change(teacher_z, rng), rng)

    def shuffled(teacher_z, rng):
        other = teacher_z.copy()
        for row in other:
            rest = np.arange(10) != row.argmax()
            row[rest] = rng.permutation(row[rest])
        return other

    for change in (lambda z, rng: z, shuffled, lambda z, rng: 8 * z):
        print(score(changed(change)))

<details><summary>What came when we did</summary>

0.96, 0.79 and 0.89. The student of the task that had the teacher's first choice alone was right about 0.86.
It matters which of the other classes gets how much.
</details>
"""
