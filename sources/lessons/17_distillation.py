# %% [markdown]
r"""
# 17 · Distillation: what a teacher can pass on

A large network knows more than its answers. A small one can learn from that, sometimes a great deal,
sometimes nothing. This lesson measures when, and then asks which way of making a network small is the best.

**You will be able to**

- turn a teacher's outputs into soft labels, and choose their temperature;
- write the loss of distillation and its slope, and say what the factor $T^2$ is for;
- test whether a student owes its gain to the teacher, and to what part of its answers;
- prune a network by magnitude, and count what it really takes to store it.

**Time:** {minutes} minutes.
**Before this:** softmax and cross-entropy from [07](07_losses.ipynb), comparisons over draws from
[12](12_overfitting.ipynb).
"""

# %% jupyter={"source_hidden": true}
from copy import deepcopy

import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.explore.distillation import explorer
from helpers.figures import distillation as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import (
    AdamW,
    CrossEntropyLoss,
    Fleet,
    Linear,
    ReLU,
    Sequential,
)
from helpers.nn.activations import softmax
from helpers.nn.stack import Stack
from helpers.training import fit_each, predict

# %% [markdown]
r"""
## A student that has never seen a 3

Take 1,000 pictures of digits. A large network, 64–128–10, learns from all of them: the **teacher model**.
Then comes a small one, 64–16–10, the **student model**. From *its* pictures every 3 has been taken out. It
never sees one, in any form.

There are three students, with the same start and the same pictures. The first is given the true labels. The
second gets, in place of each label, ten probabilities that the teacher gives for the picture, made softer in
a way that section 1 explains. The third gets them too, but the nine of the wrong classes have changed places
at random. If it mattered only that a label is soft, the third would do as well as the second.

**Predict:** how many of the 3s among 797 new pictures does each of them call a 3?
"""


# %% jupyter={"source_hidden": true}
digits = data.load_digits()


def draw(seeds):
    """The pictures (K, 1797, 64) in another order for each seed, and their labels."""
    orders = [
        np.random.default_rng(s).permutation(len(digits.y)) for s in seeds
    ]
    return digits.X[orders] / 16, digits.y[orders]


def fresh(width, start=100):
    """An untrained network 64-width-10 for each draw."""
    models = []
    for k in range(len(X)):
        rng = np.random.default_rng(start + k)
        first, last = Linear(64, width, rng=rng), Linear(width, 10, rng=rng)
        models.append(Sequential(first, ReLU(), last))
    return Fleet(models)


def teach(
    fleet, pictures, target, T=1.0, lr=0.01, num_epochs=40, penalty=None
):
    """Train the networks on labels (K, n) or soft labels (K, n, 10), in batches of at most 100."""
    fit_each(
        fleet,
        CrossEntropyLoss(temperature=T),
        AdamW(fleet, lr=lr),
        pictures,
        target,
        batch_size=100,
        num_epochs=num_epochs,
        rng=np.random.default_rng(0),
        penalty=penalty,
    )
    return fleet


def outputs(fleet, X):
    """The ten outputs of each network for its pictures (K, n, 64)."""
    return np.asarray(predict(fleet, X.view(Stack)))


def right(fleet):
    """The share of the 797 new pictures that each network gets right."""
    answers = outputs(fleet, X[:, 1000:]).argmax(axis=-1)
    return np.mean(answers == y[:, 1000:], axis=1)


def told(shares):
    return f"{np.mean(shares):.2f} ± {np.std(shares):.2f}"


def without(digit, *arrays):
    """Of the first 1,000 entries of each draw those of other digits, as many in each draw."""
    others = [np.flatnonzero(labels != digit) for labels in y[:, :1000]]
    n = min(map(len, others))
    return [
        np.array([a[rows[:n]] for a, rows in zip(array, others, strict=True)])
        for array in arrays
    ]


def shuffle_the_wrong(p, labels):
    """Soft labels (K, n, 10) in which the shares of the wrong classes have changed places."""
    rng, p = np.random.default_rng(0), p.copy()
    for share, label in zip(p.reshape(-1, 10), labels.ravel(), strict=True):
        wrong = np.arange(10) != label
        share[wrong] = rng.permutation(share[wrong])
    return p


def on_the_threes(fleet):
    """The share of the new 3s that each network calls a 3, and what it gets right of the others."""
    found = outputs(fleet, X[:, 1000:]).argmax(axis=-1) == y[:, 1000:]
    three = y[:, 1000:] == 3
    pairs = list(zip(found, three, strict=True))
    return [f[t].mean() for f, t in pairs], [f[~t].mean() for f, t in pairs]


def raised(fleet):
    """The same networks, the bias of class 3 so high that a tenth of the new pictures is called a 3."""
    fleet = deepcopy(fleet)
    z = outputs(fleet, X[:, 1000:])
    lead = z[..., 3] - np.delete(z, 3, axis=-1).max(axis=-1)
    bias = fleet.layers[2].b.reshape(-1, 10)  # a view: a row for each network
    between = np.sort(lead, axis=1)[:, -81:-79].mean(axis=1)
    bias[:, 3] -= between  # the 80th is a 3 now, the 81st is not
    return fleet


# %%
X, y = draw(range(5))  # five draws: other pictures, other starts
teacher = teach(fresh(128, start=0), X[:, :1000], y[:, :1000], num_epochs=20)
z = outputs(teacher, X)  # what it says of every picture
print("teacher, all new pictures:", told(right(teacher)))

# %% tags=["predict"]
pictures, labels, said = without(3, X, y, z)  # no 3 is left
soft = softmax(said / 8)  # softened, T = 8
students = {
    "true labels": teach(fresh(16), pictures, labels),
    "soft labels": teach(fresh(16), pictures, soft, T=8),
    "shuffled": teach(
        fresh(16), pictures, shuffle_the_wrong(soft, labels), T=8
    ),
}
for name, student in students.items():
    threes, others = on_the_threes(student)
    print(f"{name:12} 3s {told(threes)}   other digits {told(others)}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With true labels the student finds no 3 at all, and how should it? With soft labels it finds 87 of 100, though
it has never seen one. With shuffled shares it finds none again.

</details>

(Means of five draws ± their standard deviation, as in all tables of this lesson.) But is the zero fair? Where
no 3 occurs, the labels alone press the output for a 3 down. Perhaps such a student knows more than it says.
So the bias of that output is raised, in all three, until a tenth of the new pictures is called a 3. Without
any knowledge a tenth of the 3s would be among them:
"""

# %%
for name, student in students.items():
    threes, others = on_the_threes(raised(student))
    print(f"{name:12} 3s {told(threes)}   other digits {told(others)}")

# %% [markdown]
r"""
A part of the zero was a bias: now the other two find about a third. With soft labels it is 96 of 100. A
student can learn a class from pictures of other classes, if somebody tells it *how much like a 3* each of
them is. Geoffrey Hinton, Oriol Vinyals and Jeff Dean did this with handwritten digits in 2015, and raised the
bias, too.

To train a student on a teacher's outputs is called **knowledge distillation**.

## 1. Soft labels and their temperature

A label says *3* and nothing else. A teacher says: 3, but there is something of a 7 in it. These are the
**teacher output as label (soft targets)**, and in the wrong classes lies what it has learnt about how classes
resemble each other. But a well trained teacher is so sure that you can hardly see it. So its outputs $z$ are
divided by a **temperature** $T$ before the softmax:

$$q_i = \frac{\exp(z_i/T)}{\sum_j \exp(z_j/T)}$$

Aloud: the share of class i is e to the power of its output divided by T, as a share of the sum of all these.
$T = 1$ is the ordinary softmax. Two new pictures of a 3, at three temperatures:
"""

# %%
threes = 1000 + np.flatnonzero(y[0, 1000:] == 3)
sure = np.max(softmax(z[0, threes]), axis=1)
two = threes[np.argsort(sure)[[0, -1]]]  # the least and the most certain
by_T = {T: softmax(z[0, two] / T) for T in (1, 4, 16)}

# %% jupyter={"source_hidden": true}
show(
    figures.soft_labels(X[0, two], by_T),
    alt="Two pictures of a 3 and bars for the ten classes at T = 1, 4 and 16. The first, which looks "
    "like a 2 and an 8, too, has three bars at T = 1; the second has one. At T = 4 others show beside "
    "them, at T = 16 the first has ten that are nearly alike.",
)

# %% [markdown]
r"""
How undecided a label is, its *entropy* $-\sum_i q_i \log q_i$ tells: 0 for a hard label, $\log 10 = 2.30$ for
ten equal shares. And what does a student make of it? The student without 3s once more, by temperature:
"""

# %%
print("  T  first share  entropy   3s found")
for T in (1, 2, 4, 16):
    q = softmax(said / T)
    entropy = -np.mean(np.sum(q * np.log(q), axis=-1))
    threes, _ = on_the_threes(teach(fresh(16), pictures, q, T=T))
    print(
        f"{T:3} {q.max(axis=-1).mean():12.2f} {entropy:8.2f}   {told(threes)}"
    )

# %% [markdown]
r"""
At $T = 1$ the teacher's labels are nearly hard, and the student finds next to no 3. From 4 on it finds most
of them. (The 8 of the opening was chosen on other draws.)
"""

# %% jupyter={"source_hidden": true}
claim(
    "teacher-output-as-label",
    because="Hinton, Vinyals and Dean (2015) match all ten probabilities, softened by T, and often mix in the"
    " "
    "true label. The first choice alone is a hard label again: it says nothing of the other classes.",
)

# %% [markdown]
r"""
### Try it

Twenty new pictures, two of each digit. Set T to 1 and go through them: for how many can you tell the second
choice of the teacher from the bars? Then raise T. **Predict** before you move the third slider: does a
teacher that was trained *longer* need a higher or a lower T to show the same?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

At T = 1 only a few pictures, such as the 7th, show a second class. At T = 4 nearly all do. A longer training
makes the outputs larger, so that the curve on the right moves to the right: it takes a higher T. At T = 24
all labels look alike, and what differs between classes is small again.

</details>

## 2. The loss and its slope

The student has outputs $z$ of its own and shares $p = \mathrm{softmax}(z/T)$ at the same temperature. It is
to match the shares $q$ of the teacher. Its loss is the *softened cross-entropy*, times $T^2$:

$$L = -\frac{T^2}{n} \sum_{\text{rows}} \sum_i q_i \log p_i, \qquad
  \frac{\partial L}{\partial z} = \frac{T}{n}\,(p - q)$$

Aloud: for each row the teacher's shares times the logarithms of the student's, summed, with a minus sign; the
mean over the rows, times T squared. The slope is what the student says minus what the teacher says, times T.
Where it comes from: cross-entropy has the slope $p - q$ for what enters the softmax (lesson 07), that is
$z/T$, which gives $1/T$ for $z$; times $T^2$ makes $T$.
"""


# %%
def softened(z, teacher_z, T):
    """The loss, and its slope for the student's outputs z (n, C)."""
    p, q = softmax(z / T), softmax(teacher_z / T)
    loss = -(T**2) * np.mean(np.sum(q * np.log(p), axis=-1))
    return loss, T * (p - q) / len(z)


z_student, z_teacher = outputs(students["soft labels"], X)[0, :5], z[0, :5]
t = torch.tensor(z_student, requires_grad=True)
log_p = torch.log_softmax(t / 4, dim=1)
q = torch.softmax(torch.tensor(z_teacher) / 4, dim=1)
kl = torch.nn.functional.kl_div(log_p, q, reduction="batchmean") * 4**2
kl.backward()

loss, dz = softened(z_student, z_teacher, T=4)
print("slopes as PyTorch's:", np.allclose(dz, t.grad.numpy()))
print("losses, ours less PyTorch's:", round(loss - kl.item(), 2))

# %% [markdown]
r"""
The losses differ, the slopes do not. PyTorch's `kl_div` subtracts the teacher's own entropy (times $T^2$),
which no student can change.

**Why $T^2$?** Softer labels differ less from each other, and so $p - q$ shrinks, like $1/T$; with the other
$1/T$ the slope shrinks like $1/T^2$. Measured on the untrained student:
"""

# %%
z_fresh = outputs(fresh(16), X)[0, :1000]
print("  T  mean slope without T²   with T²")
for T in (1, 2, 4, 8, 16, 32):
    _, dz = softened(z_fresh, z[0, :1000], T)
    size = np.linalg.norm(dz * len(dz), axis=1).mean()
    print(f"{T:3} {size / T**2:15.4f} {size:16.2f}")

# %% [markdown]
r"""
Without the factor the pull at T = 32 is some 450 times weaker than at T = 1. With it, all are of the same
order. That matters as soon as the soft loss is *added* to the ordinary one for true labels, $\alpha
L+(1-\alpha)L_\text{labels}$: the two must pull with like strength. Alone, and with Adam, which divides by the
size of the slopes, the factor changes next to nothing, and we leave it out. (What mixing in the label gains,
the companion measures.)

## 3. Is the student better for it?

The opening is a trick: nobody takes a class away. So now the ordinary case, and a fair one. One student has
all 1,000 pictures, another has 50. Each is taught in its own best way, with 1,000 for 40 epochs: temperature
(2, 4 or 8), rate and number of epochs were chosen on other draws; the companion shows how. What else could
explain a gain?

- *It is only smoothing.* Then **even** labels do as well: the first share as the teacher gives it, the rest
  shared alike.
- *It is only noise in the labels.* Then **shuffled** shares do as well.
- *It is only compute.* The teacher's training has cost something, too. So one student with true labels gets
  all of it on top, as further epochs.
- *It is only the teacher's first choice.* On these pictures that is nearly always the true label:
"""

# %%
print(
    "first choice true:",
    np.mean(z[:, :1000].argmax(-1) == y[:, :1000]).round(3),
)


# %%
def even(p, labels):
    """Soft labels in which all wrong classes have the same share."""
    own = np.eye(10)[labels]
    first = np.sum(p * own, axis=-1, keepdims=True)
    return own * first + (1 - own) * (1 - first) / 9


def with_true(n, **settings):
    return right(teach(fresh(16), X[:, :n], y[:, :n], **settings))


def with_soft(n, T, lr, num_epochs, change=None):
    """A student of n soft labels, perhaps changed."""
    q = softmax(z[:, :n] / T)
    q = change(q, y[:, :n]) if change else q
    return right(teach(fresh(16), X[:, :n], q, T, lr, num_epochs))


few = {
    "true labels": with_true(50, lr=0.003, num_epochs=600),
    "…, and the teacher's compute": with_true(50, lr=0.001, num_epochs=3800),
    "soft labels": with_soft(50, 8, 0.01, 600),
    "even labels": with_soft(50, 2, 0.003, 300, even),
    "shuffled": with_soft(50, 2, 0.003, 300, shuffle_the_wrong),
}
many = {
    "true labels": with_true(1000, lr=0.03, num_epochs=40),
    "soft labels": with_soft(1000, 2, 0.03, 40),
}
for n, found in {50: few, 1000: many}.items():
    print(f"{n} pictures")
    for name, shares in found.items():
        print(f"   {name:30} {told(shares)}")
gain = {
    n: found["soft labels"] - found["true labels"]
    for n, found in {50: few, 1000: many}.items()
}
print(
    f"soft labels gain {gain[50].mean():.2f} with 50 pictures, in the", end=""
)
print(f" worst draw {gain[50].min():.2f}", end="")
print(f"; with 1,000 {abs(gain[1000].mean()):.2f}")

# %% [markdown]
r"""
With 50 pictures the soft labels carry the student from 0.82 to 0.95. It is not smoothing, nor noise, nor
compute: none of these gains anything. It is *which* wrong class gets how much. With all 1,000 pictures
the student finds the same in the pictures and true labels, and the gain is gone.

Mind what this says, and what it does not. The teacher had seen 1,000 labels. From 50 of its answers a student
gets at much of what they taught it. A teacher that knew only the same 50 labels has hardly anything to pass
on: the companion measures that, too, and what it is worth to have such a teacher label further pictures.
"""

# %% jupyter={"source_hidden": true}
claim(
    "student-learns-better-from-teacher",
    measured=np.mean(gain[50] - gain[1000]),
    what="gain in accuracy by soft labels with 50 pictures less that with 1,000, mean of 5 draws",
)

# %% [markdown]
r"""
## 4. Three ways to be small

**Model compression** makes a model cheaper to store or to run. Distillation is one way; *quantization*
(lesson 18) and factorisation (companion) are others. **Pruning** sets weights to 0 that seem to be of little
use. By *magnitude* is the simplest: keep the largest of the whole network, whatever their layer, and cut off
the rest.
"""


# %%
def largest(fleet, keep):
    """For each layer, which weights are among the `keep` largest."""
    sizes = [np.abs(np.asarray(layer.W)) for layer in fleet.layers[::2]]
    K = fleet.num_models
    together = np.concatenate([s.reshape(K, -1) for s in sizes], axis=1)
    limit = np.sort(together, axis=1)[:, -keep]  # the smallest that stays
    return [s >= limit[:, None, None] for s in sizes]


class Kept:
    """Keeps what the masks keep: in the weights, and in their slopes."""

    def __init__(self, masks):
        self.masks = masks

    def cut(self, fleet):
        fleet = deepcopy(fleet)
        for layer, mask in zip(fleet.layers[::2], self.masks, strict=True):
            layer.W *= mask
        return fleet

    def add_gradient(self, fleet):  # `fit_each` calls it before each step
        for layer, mask in zip(fleet.layers[::2], self.masks, strict=True):
            layer.dW *= mask  # without a slope a weight stays at 0


# %% [markdown]
r"""
(`fleet.layers[::2]` are the two linear layers, the `Fleet` holds the five networks, and biases stay.) The
teacher has 64 · 128 + 128 · 10 = 9,472 weights. Cut it down to as many as a student of 16, 8 or 4 units has,
and train what is left on: **fine-tuning**. Beside it stand the students of that size, with all 1,000 labels,
alone and distilled. The epochs are the same for all, 40, or 120 for the smallest: the pruned network has had
20 of them as the teacher. If it took a large network to *find* a good small one, it would be ahead of the
student alone.
"""

# %%
SETTINGS = {  # by units: rate alone, rate distilled, epochs
    16: (0.01, 0.03, 40),
    8: (0.01, 0.03, 40),
    4: (0.003, 0.003, 120),
}
first, soft = (X[:, :1000], y[:, :1000]), softmax(z[:, :1000] / 2)
found = {}
print("                a teacher, cut down       a student")
print("units weights   at once      fine-tuned   alone        distilled")
for width, (lr, lr_soft, num_epochs) in SETTINGS.items():
    kept = Kept(largest(teacher, keep=74 * width))
    cut = kept.cut(teacher)
    at_once = right(cut)
    models = {
        "pruned, fine-tuned": teach(
            cut, *first, lr=0.03, num_epochs=num_epochs - 20, penalty=kept
        ),
        "alone": teach(fresh(width), *first, lr=lr, num_epochs=num_epochs),
        "distilled": teach(
            fresh(width), first[0], soft, 2, lr_soft, num_epochs
        ),
    }
    found[width] = {name: right(fleet) for name, fleet in models.items()}
    row = [at_once, *found[width].values()]
    print(f"{width:5} {74 * width:7}   " + "  ".join(map(told, row)))

# %% [markdown]
r"""
(All rates were chosen on other draws.) Cut at once, the network is lost; fine-tuning brings much of it back.
But weight for weight it is no better than the student alone: nearly equal at 16 units, behind at 8 and 4. Nor
does distillation gain anything at any size, since here labels are plenty (section 3). The companion gives
pruning more chances: longer fine-tuning, many small cuts, and a mask drawn at random to compare with.

A pruned network must be stored, too, and here honesty costs. A weight takes 4 bytes. Zeros take none, but
*where* the others are must be known: one bit for each of the 9,472 places, or 2 bytes for each weight that is
left, whichever is less.
"""

# %%
units = np.array(list(SETTINGS))
stored = 4 * (75 * units + 10)  # a student: all weights and biases
places = np.minimum(9472 / 8, 2 * 74 * units)
stored_pruned = 4 * (74 * units + 138) + places
for row in zip(units, stored, stored_pruned, strict=True):
    print("{:3} units: student {:5} bytes, pruned {:7.0f}".format(*row))

# %% jupyter={"source_hidden": true}
ways = {
    name: (
        stored_pruned if "pruned" in name else stored,
        np.array([found[width][name] for width in units]),
    )
    for name in ("alone", "distilled", "pruned, fine-tuned")
}
ways["teacher"] = np.array([4 * 9610]), right(teacher)[None]
show(
    figures.frontier(ways),
    alt="Accuracy by bytes, whose axis is logarithmic. Students alone and distilled lie nearly on one "
    "line: 0.88 at 1,240 bytes, 0.95 at 2,440, 0.97 at 4,840. The pruned networks lie below and to the right "
    "of it: 0.65 at 2,328 bytes, 0.92 at 4,104, 0.96 at 6,472. The teacher has 0.97 at 38,440.",
)

# %% [markdown]
r"""
Such a figure is called a **frontier**: what is up and to the left is better in both. The quickest way to a
small network here is to train a small one. How far to the left it can go when its weights take less than 4
bytes each is the matter of lesson 18; the companion sets the first such points beside these.

So does distillation "shrink a model while keeping its performance"? The size is chosen beforehand, by you.
What is kept depends on it:
"""

# %%
lost = {w: right(teacher) - found[w]["distilled"] for w in (16, 4)}
for width, accuracy in lost.items():
    print(
        f"{width:2} units, distilled: {accuracy.mean():.2f} behind the teacher"
    )

# %% jupyter={"source_hidden": true}
claim(
    "distillation-keeps-performance",
    measured=np.mean(lost[4] - lost[16]),
    what="accuracy lost by a distilled student of 4 units less that lost by one of 16, mean of 5 draws",
)

# %% [markdown]
r"""
With 4 units much depends on the draw: in ten groups of six other draws the mean that a student of 4 units
lost more than one of 16 was 0.13 to 0.21.

## Think

1. At $T \to \infty$ all shares become equal. Why does the student of section 1 still learn at T = 16?

<details><summary>Answer</summary>

It is judged at the same temperature. To match shares that differ little, its outputs divided by 16 must
differ as little, and so the outputs themselves as much as the teacher's. For large T the slope becomes, up to
$1/C$, the difference of the two outputs (Hinton and others, 2015, section 2.1).

</details>

2. Somebody shows you a student that beats the same network trained on labels, by 0.03. What do you ask?

<details><summary>Answer</summary>

Was the other one at its own best rate and length? How many draws, and how far do they scatter? How many
labels had the teacher seen that the student alone had not? And what do smoothed labels gain?

</details>

3. Half of a network's weights are 0. Is it twice as fast?

<details><summary>Answer</summary>

Not by that. An ordinary matrix product multiplies zeros like other numbers. It takes a special routine or
hardware, or whole units cut off, so that the matrix becomes smaller.

</details>

4. Your teacher was trained on the 50 labels that your student has. Will its soft labels help?

<details><summary>Answer</summary>

Hardly: it has learnt nothing that the student could not learn from them. What it can do is label further
pictures. The companion measures both.

</details>

## Recap

- A soft label says how much like each class a picture is. A student that never saw a 3 found most of them.
- $q = \mathrm{softmax}(z/T)$: the surer the teacher, the higher the T that shows what it knows.
- $L = -T^2\,\mathrm{mean}\sum q \log p$ has the slope $T(p - q)/n$; $T^2$ keeps its size beside another loss.
- Soft labels gained 0.13 with 50 pictures and nothing with 1,000. Shuffled or even ones gained nothing.
- Pruning cuts off the smallest weights and trains the rest. At equal size the small network, trained alone,
  was as good or better.
"""

# %% jupyter={"source_hidden": true}
terms("17_distillation")

# %% [markdown]
r"""
Now you: [exercise 17](../exercises/17_distillation/17_distillation.ipynb). For a second reading: [what you
may have heard](17_distillation_heard.ipynb), with the choice of the settings, teachers that know no more than
the student, and Stable Diffusion. Before: [lesson 16](16_trust.ipynb), trust. Next: [lesson
18](18_quantization.ipynb), quantization.

Sources

- G. Hinton, O. Vinyals, J. Dean, [Distilling the knowledge in a neural
  network](https://arxiv.org/abs/1503.02531), 2015.
- C. Bucilă, R. Caruana, A. Niculescu-Mizil, [Model compression](https://doi.org/10.1145/1150402.1150464), KDD
  2006.
- S. Han and others, [Learning both weights and connections](https://arxiv.org/abs/1506.02626), NeurIPS 2015:
  pruning by magnitude with fine-tuning.
- Z. Liu and others, [Rethinking the value of network pruning](https://arxiv.org/abs/1810.05270), ICLR 2019:
  small networks from the start against pruned ones.
"""
