# %% [markdown]
r"""
# 15 · Without labels: what you may have heard

Networks that make networks, pictures out of noise, learning from few labels, arms of a bandit, and what to
recommend to whom: eight names, each with a small experiment. No other lesson depends on this page.

**Time:** {minutes} minutes.
**Before this:** the lesson, [15 · Without labels](15_generative_and_meta.ipynb).
"""

# %% jupyter={"source_hidden": true}
import itertools

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import kneighbors_graph
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from helpers import data
from helpers.claims import claim
from helpers.figures import generative_and_meta as figures
from helpers.figures import show
from helpers.generative_and_meta import (
    CENTRES,
    GOAL,
    SPREAD,
    START,
    network,
    ring,
    walk,
)
from helpers.nn import (
    SGD,
    Adam,
    Fleet,
    Linear,
    MSELoss,
    Sequential,
    Tanh,
)
from helpers.nn.stack import Stack


def told(values):
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}"


# %% [markdown]
r"""
## "Hypernetworks give the main network better performance and generalization"

A **hypernetwork** puts out the weights of another network. Take a family of waves, $\sin((1 + 2c_1)x + 3c_2)$
with a condition $c$ of two numbers. The main network 1–16–1 has 49 weights, and none is trained: the
hypernetwork 2–32–49 makes them from $c$. Its gradient arrives through the main network. By hand:
"""


# %%
def main_network(w, x):
    """(n, 49) weights and (n, 1) inputs: a network for each row."""
    a, b, v = w[..., :16], w[..., 16:32], w[..., 32:48]
    h = np.tanh(x * a + b)
    return (h * v).sum(axis=-1, keepdims=True) + w[..., 48:], (v, h)


def slopes_of_weights(d, x, kept):
    """From d = ∂L/∂output to ∂L/∂w (n, 49)."""
    v, h = kept
    dz = d * v * (1 - h**2)
    return np.concatenate([dz * x, dz, d * h, d], axis=-1)


rng = np.random.default_rng(0)
w, x = rng.normal(size=(5, 49)), rng.normal(size=(5, 1))
out, kept = main_network(w, x)
t = torch.tensor(w, requires_grad=True)
h = torch.tanh(torch.tensor(x) * t[:, :16] + t[:, 16:32])
theirs = (h * t[:, 32:48]).sum(1, keepdim=True) + t[:, 48:]
(slope,) = torch.autograd.grad(theirs.sum(), t)
same = np.allclose(slopes_of_weights(np.ones((5, 1)), x, kept), slope.numpy())
print("the slopes agree with PyTorch:", same)

# %% [markdown]
r"""
The opponent is a plain network 3–36–36–1 that gets $c$ and $x$ side by side, with about as many numbers to
train (1,513 against 1,713). 2,000 rows, four learning rates that fall to 0, three seeds. If hypernetworks
gave better performance, theirs would be ahead when *each side has its own best rate*.
"""


# %% jupyter={"source_hidden": true}
def family(n, seed):
    rng = np.random.default_rng(seed)
    c, x = rng.uniform(0, 1, size=(n, 2)), rng.uniform(-3, 3, size=(n, 1))
    return c, x, np.sin((1 + 2 * c[:, :1]) * x + 3 * c[:, 1:])


def errors(hyper, rates, seeds, num_steps=1200):
    """Mean squared error on 1,000 new rows, (rates, seeds)."""
    pairs = [(rate, seed) for rate in rates for seed in seeds]
    sizes = (2, 32, 49) if hyper else (3, 36, 36, 1)
    fleet = Fleet([network(sizes, seed, Tanh) for _, seed in pairs])
    lr = np.array([rate for rate, _ in pairs])
    optimizer = Adam(fleet, lr=lr)
    old, new = (
        [
            np.array(part)
            for part in zip(
                *(family(n, seed + far) for _, seed in pairs), strict=True
            )
        ]
        for n, far in ((2000, 0), (1000, 1000))
    )

    def forward(c, x):
        if hyper:
            w = np.asarray(fleet.forward(c.view(Stack)))
            return main_network(w, x)
        both = np.concatenate([c, x], axis=-1)
        return np.asarray(fleet.forward(both.view(Stack))), None

    rng, each = np.random.default_rng(0), np.arange(len(pairs))[:, None]
    for step in range(num_steps):
        rows = each, rng.integers(2000, size=(len(pairs), 64))
        c, x, y = (part[rows] for part in old)
        optimizer.lr = lr * (1 - step / num_steps)
        out, kept = forward(c, x)
        d = 2 * (out - y) / 64
        if hyper:
            d = slopes_of_weights(d, x, kept)
        fleet.backward(d.view(Stack))
        optimizer.step()
    c, x, y = new
    error = ((forward(c, x)[0] - y) ** 2).mean(axis=(1, 2))
    return error.reshape(len(rates), len(seeds))


# %%
RATES = np.array([0.003, 0.01, 0.03, 0.1])
error = {
    "hypernetwork": errors(True, RATES, range(3)),
    "plain network": errors(False, RATES, range(3)),
}
means = {name: each.mean(axis=1) for name, each in error.items()}
for name, mean in means.items():
    print(f"{name:13} is best at the rate {RATES[mean.argmin()]:g}")
at_0003 = means["plain network"][0] / means["hypernetwork"][0]
print(f"at 0.003 the plain network's error is {at_0003:.0f} times as large")

# %% jupyter={"source_hidden": true}
show(
    figures.error_by_rate(RATES, error),
    alt="Error by learning rate, on logarithmic scales. At 0.003 and 0.01 the hypernetwork is far lower than "
    "the plain network; at 0.03 the plain one is at its lowest, and as low as the hypernetwork's best.",
)

# %% jupyter={"source_hidden": true}
claim(
    "hypernetworks-perform-better",
    measured=means["hypernetwork"].min() / means["plain network"].min(),
    digits=0,
    what="test error of the hypernetwork at its best rate, as a multiple of the plain network's at its own, "
    "3 seeds",
)

# %% [markdown]
r"""
With one small rate for both, you would have reported that the hypernetwork is many times better. It learns
well at small rates; that is worth something. At its own best rate the plain network is as good, or better:
over twelve other groups of three seeds the ratio was 1.0 to 2.2. What the plain one does not give you is
the *weights* of a small network for a condition, without training one.

## k-means by hand, and its bad starts

The lesson's ring again, 400 points, and **k-means** (lesson 03) with eight centres. Two steps in turn: each
point goes to its nearest centre; each centre moves to the mean of its points. Neither can make the sum of
squared distances larger, so it ends. Does it end with a centre in each cloud? From 50 starts, the centres
begin at eight of the points: drawn alike, or by k-means++, where a point is drawn the more likely the farther
it is from the centres so far.
"""


# %% jupyter={"source_hidden": true}
def start(X, k, rng, plus_plus):
    centres = X[[rng.integers(len(X))]]
    while len(centres) < k:
        apart = ((X[:, None] - centres) ** 2).sum(axis=-1).min(axis=1)
        p = apart / apart.sum() if plus_plus else None
        centres = np.vstack([centres, X[rng.choice(len(X), p=p)]])
    return centres


# %%
def k_means(X, centres, num_steps=30):
    for _ in range(num_steps):
        apart = ((X[:, None] - centres) ** 2).sum(axis=-1)  # (n, k)
        nearest = apart.argmin(axis=1)
        for k in np.unique(nearest):  # a centre without points stays
            centres[k] = X[nearest == k].mean(axis=0)
    return centres


# %%
X = ring(400, np.random.default_rng(0))
for name, plus_plus in {"drawn alike": False, "k-means++": True}.items():
    good = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        centres = k_means(X, start(X, 8, rng, plus_plus))
        to_cloud = np.linalg.norm(CENTRES[:, None] - centres, axis=-1)
        good += to_cloud.min(axis=1).max() < 0.2
    print(f"{name:11} a centre in every cloud in {good} of 50 starts")

# %% [markdown]
r"""
Two centres in one cloud share it and never leave; two clouds then share a centre. It is the collapse of the
lesson in small. So start several times and keep the lowest sum: `KMeans(n_init=10)`.

## Stable Diffusion and textual inversion, on the ring

**Stable Diffusion** makes pictures without an opponent. Rows are hidden under noise, a little or a lot, and a
network learns to say which noise was added: a regression, with nothing to collapse. To make a new row, start
from noise alone and take away, in small steps, what the network sees. (Stable Diffusion does so with the few
numbers into which an autoencoder has squeezed a picture.) So that one can ask for something, the network is
also given numbers that stand for words. Here the words are seven of the clouds, each with two numbers that
are learnt too. The eighth cloud has no word.
"""

# %%
T = 30
beta = np.linspace(0.001, 0.25, T)  # how much noise each step adds
left = np.cumprod(1 - beta)  # how much of a row is left after t


def noisy(x, rng):
    """Rows after a random number t of steps: what is seen, t, the noise."""
    t, noise = rng.integers(T, size=len(x)), rng.normal(size=x.shape)
    share = left[t][:, None]
    return np.sqrt(share) * x + np.sqrt(1 - share) * noise, t, noise


def learn(model, word, cloud_of, num_steps, lr, rng, all_weights=True):
    """Train the words (k, 2), and the network with `all_weights`."""
    loss, words = (
        MSELoss(),
        Sequential(Linear(1, word.size, bias=False, rng=rng)),
    )
    words.layers[0].W = word.reshape(1, -1)
    optimizers = [Adam(words, lr=lr)] + [Adam(model, lr=lr)] * all_weights
    for step in range(num_steps):
        w = rng.integers(len(word), size=128)
        x = CENTRES[cloud_of[w]] + SPREAD * rng.normal(size=(128, 2))
        seen, t, noise = noisy(x, rng)
        now = words.layers[0].W.reshape(-1, 2)
        inputs = np.column_stack([seen, t / T, now[w]])
        loss.forward(model.forward(inputs), noise)
        d_word = model.backward(loss.backward())[:, 3:]
        d_now = np.zeros_like(now)
        np.add.at(d_now, w, d_word)  # adds up rows of the same word
        words.layers[0].dW = d_now.reshape(1, -1)
        for optimizer in optimizers:
            optimizer.lr = lr * (1 - step / num_steps)
            optimizer.step()
    return words.layers[0].W.reshape(-1, 2).copy()


def error(model, word, cloud, rng):
    """How badly a word fits a cloud: the mean squared error of the noise."""
    seen, t, noise = noisy(CENTRES[[cloud]] * np.ones((1000, 1)), rng)
    inputs = np.column_stack([seen, t / T, np.tile(word, (1000, 1))])
    return np.mean((model.forward(inputs) - noise) ** 2)


def make(model, word, n, rng):
    x = rng.normal(size=(n, 2))
    for t in range(T)[::-1]:
        inputs = np.column_stack([x, np.full(n, t / T), np.tile(word, (n, 1))])
        noise = model.forward(inputs)
        x = x - beta[t] / np.sqrt(1 - left[t]) * noise
        x /= np.sqrt(1 - beta[t])
        if t:
            x += np.sqrt(beta[t]) * rng.normal(size=x.shape)
    return x


# %% [markdown]
r"""
Then **textual-inversion embedding training**: the whole network is frozen, and from points of the eighth
cloud only *two numbers* are learnt, a new word. Training starts at the word of each neighbouring cloud, and
the better of the two is kept. If the network can make only what it was trained on, no two numbers bring out a
cloud that it has never seen. A word counts as bringing out its cloud when most of its points (60 %) are
nearer to that cloud than to any other.
"""

# %%
for seed in (30, 31):
    rng = np.random.default_rng(seed)
    model = network((5, 64, 64, 2), seed, Tanh)
    word = rng.normal(size=(7, 2))
    word = learn(model, word, np.arange(7), 2500, 0.003, rng)
    frozen = model.flat.copy()
    new = [
        learn(model, word[[k]], np.array([7]), 500, 0.05, rng, False)[0]
        for k in (0, 6)
    ]
    best = min(new, key=lambda one: error(model, one, 7, rng))
    points = [make(model, one, 200, rng) for one in (*word, best)]
    nearest = [
        np.linalg.norm(p[:, None] - CENTRES, axis=-1).argmin(axis=1)
        for p in points
    ]
    near = [np.mean(each == k) for k, each in enumerate(nearest)]
    known = sum(share > 0.6 for share in near[:7])
    print(
        f"seed {seed}: words that bring out their cloud: {known} of 7,", end=""
    )
    print(f" the new word too: {near[7] > 0.6},", end="")
    print(f" weights changed: {np.any(model.flat != frozen)}")

# %% jupyter={"source_hidden": true}
show(
    figures.on_the_ring(
        ring(400, np.random.default_rng(0)),
        {"made": [np.concatenate(points[:7]), points[0], points[7]]},
        ["seven words", "one word", "the new word"],
    ),
    alt="Made points over the ring. The seven words together bring out seven clouds and leave the eighth "
    "empty. One word brings out one cloud. The new word brings out points near the eighth cloud, spread more "
    "widely than it.",
)

# %% [markdown]
r"""
Here two numbers were enough to bring out points near a cloud that the network has never seen, between two
that it knows, though they lie more widely. On six other seeds they were enough in five; when training started
at (0, 0), in three. So the word can only find what the network happens to have between its words. For a cloud
in the middle of the ring, tried on four seeds, most of the points came to lie close to it each time.

## Few labels: three ways to use the others

Companion 00 measured two of these. Now three side by side, on 600 digits of which 50 have a label:
**self-training** adds its own confident answers as labels. **Multi-view learning** has two models that see
different columns; in *co-training* each labels for the other what it is sure of. **Graph-based
semi-supervised learning** spreads labels along the graph of neighbours. The two views are the left and the
right half of the pictures; then two whole pictures of the same digit. If two views were enough for
co-training, it would gain with both.
"""


# %%
def logistic():
    return LogisticRegression(C=10, max_iter=200)


def two_views(views, label, rounds):
    """Two models, each of which labels for the other."""
    labels = [label.copy(), label.copy()]
    for _ in range(rounds + 1):
        models = [
            logistic().fit(V[given >= 0], given[given >= 0])
            for V, given in zip(views, labels, strict=True)
        ]
        for i in range(2):
            p = models[i].predict_proba(views[i])
            sure = (p.max(axis=1) > 0.8) & (labels[1 - i] < 0)
            labels[1 - i][sure] = p[sure].argmax(axis=1)
    return models


def score(models, views, y):
    p = [m.predict_proba(V) for m, V in zip(models, views, strict=True)]
    return np.mean((p[0] * p[1]).argmax(axis=1) == y)


# %% jupyter={"source_hidden": true}
digits = data.load_digits()
LEFT = np.arange(64) % 8 < 4


def halves(rows):
    X = digits.X[rows] / 16
    return X[:, LEFT], X[:, ~LEFT]


def two_pictures(rows):
    """Each row beside the next one with the same digit."""
    other = rows.copy()
    for k in range(10):
        here = np.flatnonzero(digits.y[rows] == k)
        other[here] = rows[np.roll(here, 1)]
    return digits.X[rows] / 16, digits.X[other] / 16


# %%
gain = {}
for seed in range(3):
    order = np.random.default_rng(seed).permutation(len(digits.y))
    old, new = order[:600], order[1000:]
    y, y_new = digits.y[old], digits.y[new]
    label = np.where(np.arange(600) < 50, y, -1)
    X, X_new = digits.X[old] / 16, digits.X[new] / 16
    alone = logistic().fit(X[:50], y[:50]).score(X_new, y_new)
    itself = SelfTrainingClassifier(logistic(), threshold=0.8)
    spread = LabelSpreading(kernel="knn", n_neighbors=10)
    for name, model in {"self-training": itself, "graph": spread}.items():
        right = model.fit(X, label).score(X_new, y_new)
        gain.setdefault(name, []).append(right - alone)
    for name, view in {"halves": halves, "two pictures": two_pictures}.items():
        views, views_new = view(old), view(new)
        before, after = (
            score(two_views(views, label, n), views_new, y_new) for n in (0, 4)
        )
        name = f"co-training, {name}"
        gain.setdefault(name, []).append(after - before)
for name, each in gain.items():
    print(f"{name:25} gains {np.mean(each):+.2f} ± {np.std(each):.2f}")

# %% [markdown]
r"""
Co-training on the two halves *loses*. Blum and Mitchell (1998) ask for two things: each view alone is enough,
and, given the class, knowing one tells nothing about the other. Half a picture is often not enough, and sure
mistakes are handed on. Two pictures of a digit, written by two people, come closer, and there it gains. The
graph gains most: digits that lie close together mostly share a class.

## Graph embedding

A **graph embedding** gives each node of a graph coordinates, so that who is connected is near. One of the
oldest: the vectors $v$ that change least along the edges, $\sum_{ij} A_{ij}(v_i - v_j)^2$, for a matrix $A$
with 1 for each edge. They are the eigenvectors of $D - A$ with the smallest values, with the number of edges
of each node in $D$. Two circles, one inside the other; edges to ten nearest neighbours. Can two-means find
the circles, from the coordinates of the plane, and from those of the graph?
"""

# %%
right = {"plane": [], "graph": []}
for seed in range(5):
    rng = np.random.default_rng(seed)
    P, inside = data.circle(300, noise=0.05, rng=rng)
    A = kneighbors_graph(P, 10).toarray()
    A = np.maximum(A, A.T)
    values, vectors = np.linalg.eigh(np.diag(A.sum(axis=1)) - A)
    for name, Z in {"plane": P, "graph": vectors[:, :2]}.items():
        c = k_means(Z, start(Z, 2, np.random.default_rng(seed), True))
        group = ((Z[:, None] - c) ** 2).sum(axis=-1).argmin(axis=1)
        share = np.mean(group == inside)
        right[name].append(max(share, 1 - share))
for name, each in right.items():
    print(f"two-means in the coordinates of the {name}: {told(each)}")

# %% [markdown]
r"""
## A bandit, and the policy gradient

Ten slot machines; each pays a mean of its own, with noise of 1, and the means differ by about as much. 1,000
pulls. What you lose against always pulling the best arm is the *regret*. Four ways, each at the best of four
or five settings that were tried on other bandits (greedy has none):

- *greedy*: always the arm with the best mean so far;
- *ε-greedy*: the same, but a share of 0.01 of the pulls at random;
- *UCB*: the arm with the highest mean + $\sqrt{\ln t/n}$, more for arms that were pulled seldom;
- **policy gradient**: no means at all, but probabilities $\pi = \text{softmax}(\theta)$ of the arms, moved by
  $\nabla \log\pi(a) \cdot (\text{reward} - \text{baseline})$, which for a softmax is (1 for arm $a$, 0 for
  others) − π (lesson 07).
"""


# %%
def regret(way, rng, rate, runs=400, pulls=1000):
    """The mean loss of a pull in each of many bandits."""
    mean = 4 + rng.normal(size=(runs, 10))
    Q, n, theta = np.zeros((3, runs, 10))
    each, lost, seen = np.arange(runs), np.zeros(runs), np.zeros(runs)
    for t in range(pulls):
        if way.startswith("policy"):
            p = np.exp(theta - theta.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            a = (p.cumsum(axis=1) > rng.random((runs, 1))).argmax(axis=1)
        else:
            bonus = np.sqrt(np.log(t + 1) / np.maximum(n, 1))
            never = 1e9 * (n == 0)  # every arm once
            a = (Q + never + bonus * (way == "UCB")).argmax(axis=1)
            chance = rng.random(runs) < 0.01 * (way == "ε-greedy")
            a[chance] = rng.integers(10, size=chance.sum())
        reward = mean[each, a] + rng.normal(size=runs)
        lost += mean.max(axis=1) - mean[each, a]
        n[each, a] += 1
        Q[each, a] += (reward - Q[each, a]) / n[each, a]
        if way.startswith("policy"):
            seen += (reward - seen) / (t + 1)  # the mean of all rewards
            score = -p
            score[each, a] += 1
            worth = reward - seen * (way == "policy gradient, baseline")
            theta += rate * worth[:, None] * score
    return lost / pulls


for way, rate in {
    "greedy": None,
    "ε-greedy": None,
    "UCB": None,
    "policy gradient": 0.1,
    "policy gradient, baseline": 0.2,
}.items():
    lost = regret(way, np.random.default_rng(0), rate)
    worst = np.sort(lost)[-40:].mean()
    print(f"{way:26} regret {lost.mean():.2f}", end="")
    print(f", in the worst tenth {worst:.1f}")

# %% [markdown]
r"""
Greedy may stay with an arm that was lucky first, and not learn that another is better: see its worst tenth.
UCB explores where it knows little, and no more. To the policy gradient without a baseline *every* arm that it
pulls looks good, since all pay about 4; with the mean so far taken off, it learns which are better.

## What a deep Q-network adds

A **deep Q-network (DQN)** is Q-learning with a network in the place of the table (Mnih and others 2015), a
*replay buffer* of old moves to learn from again, and a *target network*, an older copy that says what the
next state is worth, so that the goal stands still. With one input for each cell of the lesson's cliff and no
hidden layer, is the network another method? And what is the replay worth by itself?
"""


# %% jupyter={"source_hidden": true}
def q_learning(seed, replay=0, net=False, episodes=60):
    """How many moves the best way has after each episode (99: none)."""
    rng, eye = np.random.default_rng(seed), np.eye(48)
    model = Sequential(Linear(48, 4, bias=False, rng=rng))
    model.layers[0].W = np.zeros((48, 4))
    improve, Q = SGD(model, lr=0.5), model.layers[0].W
    memory, moves = [], []

    def update(s, a, r, s_next, end):
        target = r + (0 if end else Q[s_next].max())
        if net:
            d = np.zeros((1, 4))
            d[0, a] = model.forward(eye[[s]])[0, a] - target
            model.backward(d)
            improve.step()
        else:
            Q[s, a] -= 0.5 * (Q[s, a] - target)

    for _ in range(episodes):
        place = START
        while place != GOAL:
            s = 12 * place[0] + place[1]
            a = rng.integers(4) if rng.random() < 0.1 else Q[s].argmax()
            place, r = walk(place, a)
            memory.append((s, a, r, 12 * place[0] + place[1], place == GOAL))
            update(*memory[-1])
            for k in rng.integers(len(memory), size=replay):
                update(*memory[k])
        place, n = START, 0
        while place != GOAL and n < 99:
            place, _ = walk(place, Q[12 * place[0] + place[1]].argmax())
            n += 1
        moves.append(n)
    return np.array(moves), Q


# %%
same = np.array_equal(q_learning(0)[1], q_learning(0, net=True)[1])
print("the network without a hidden layer learns the same numbers:", same)
for replay in (0, 5):
    needed = []
    for seed in range(6):
        moves, _ = q_learning(seed, replay=replay)
        needed.append(np.argmax(moves == 13) + 1)
    print(f"{replay} old moves with each new one: shortest way first", end="")
    print(f" after {np.mean(needed):.0f} ± {np.std(needed):.0f} episodes")

# %% [markdown]
r"""
Without a hidden layer it *is* the table. What hidden layers add is that similar states share what they learn,
which is what pictures need and what makes the goal move. The replay needs fewer episodes, for more arithmetic
each.

## Recommender models: Wide & Deep, DeepFM

Who clicks on what? 40 people, 40 films. A click depends on taste (three hidden numbers each), but one pair in
ten is an exception, about which taste says nothing. Half of the pairs occur in training. **Recommender models
(DeepFM, Wide & Deep)** combine parts:

- *wide*: a weight for each pair;
- *FM* (factorisation machine): a vector for each person and film, and their product;
- *deep*: a network on the two vectors.

Which part is good for pairs that were seen, which for new ones? AUC (lesson 03), two worlds; the strength
of the weight decay was chosen for each on three others, from 0.01 to 10, by the mean of the two columns.
"""


# %% jupyter={"source_hidden": true}
class Recommender(torch.nn.Module):
    """Weights for person and film, and the parts that are named."""

    def __init__(self, parts, k=4):
        super().__init__()
        self.parts = parts
        self.person, self.film = (torch.nn.Embedding(40, k) for _ in range(2))
        self.of_person, self.of_film, self.of_pair = (
            torch.nn.Embedding(n, 1) for n in (40, 40, 1600)
        )
        for table in (self.of_person, self.of_film, self.of_pair):
            torch.nn.init.zeros_(table.weight)
        for table in (self.person, self.film):
            torch.nn.init.normal_(table.weight, std=0.3)
        self.deep = torch.nn.Sequential(
            torch.nn.Linear(2 * k, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)
        )

    def forward(self, pair):
        i, j = pair.T
        u, v = self.person(i), self.film(j)
        z = self.of_person(i) + self.of_film(j)
        if "wide" in self.parts:
            z = z + self.of_pair(40 * i + j)
        if "FM" in self.parts:
            z = z + (u * v).sum(dim=1, keepdim=True)
        if "deep" in self.parts:
            z = z + self.deep(torch.cat([u, v], dim=1))
        return z[:, 0]


def world(seed):
    """(pairs, clicks) to train on, of pairs that were seen, and of new pairs."""
    rng = np.random.default_rng(seed)
    z = 2 * rng.normal(size=(40, 3)) @ rng.normal(size=(3, 40))
    odd = rng.random((40, 40)) < 0.1
    z[odd] = 4 * np.sign(rng.normal(size=odd.sum()))
    seen = rng.random((40, 40)) < 0.5
    for allowed, n in ((seen, 4000), (seen, 4000), (~seen, 4000)):
        pairs = np.argwhere(allowed)
        pairs = pairs[rng.integers(len(pairs), size=n)]
        clicked = rng.random(n) < 1 / (1 + np.exp(-z[tuple(pairs.T)]))
        yield torch.tensor(pairs), torch.tensor(clicked, dtype=torch.float64)


def auc(z, clicked):
    """The share of (click, none) pairs that are in the right order."""
    rank, n = z.argsort().argsort().double(), clicked.sum()
    return (
        (rank[clicked == 1].sum() - n * (n - 1) / 2) / n / (len(z) - n)
    ).item()


def adamw(weights, lr, decay):
    """One step of AdamW (lesson 08) a call; torch.optim takes long to load."""
    m, v = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    t = itertools.count(1)

    @torch.no_grad()
    def step():
        now = next(t)
        for w, a, b in zip(weights, m, v, strict=True):
            if w.grad is None:
                continue
            a.lerp_(w.grad, 0.1)
            b.lerp_(w.grad**2, 0.001)
            size = (b / (1 - 0.999**now)).sqrt() + 1e-8
            w -= lr * (decay * w + a / (1 - 0.9**now) / size)
            w.grad = None

    return step


def trained(parts, decay, seed):
    train, *others = world(seed)
    torch.manual_seed(seed)
    model = Recommender(parts).double()
    improve = adamw(list(model.parameters()), 0.02, decay)
    for _ in range(10):
        for rows in torch.randperm(4000).split(400):
            torch.nn.functional.binary_cross_entropy_with_logits(
                model(train[0][rows]), train[1][rows]
            ).backward()
            improve()
    with torch.no_grad():
        return [auc(model(pairs), clicked) for pairs, clicked in others]


# %%
print("parts          pairs seen   new pairs")
for name, decay in {
    "none": 0.1,
    "wide": 0.1,
    "FM": 1.0,
    "deep": 0.3,
    "wide and deep": 0.3,
    "FM and deep": 1.0,
}.items():
    scores = np.array([trained(name, decay, 10 + s) for s in range(2)])
    seen, new = scores.mean(axis=0)
    print(f"{name:14} {seen:8.2f} {new:12.2f}")

# %% [markdown]
r"""
The wide part remembers the pairs, exceptions included, and is no help with new ones. FM and deep generalise,
and are a little behind on the pairs that were seen. Wide & Deep has most of both; that is why its inventors
put them together (Cheng and others 2016), and DeepFM puts FM in the place of wide (Guo and others 2017).

Back to the lesson: [15 · Without labels](15_generative_and_meta.ipynb).

Sources

- D. Ha, A. Dai, Q. Le, [HyperNetworks](https://arxiv.org/abs/1609.09106), ICLR 2017.
- J. Ho, A. Jain, P. Abbeel, [Denoising diffusion probabilistic models](https://arxiv.org/abs/2006.11239),
  2020; R. Rombach and others, [High-resolution image synthesis with latent diffusion
  models](https://arxiv.org/abs/2112.10752), 2022; R. Gal and others, [An image is worth one
  word](https://arxiv.org/abs/2208.01618), 2023: textual inversion.
- A. Blum, T. Mitchell, [Combining labeled and unlabeled data with
  co-training](https://doi.org/10.1145/279943.279962), 1998.
- M. Belkin, P. Niyogi, [Laplacian eigenmaps](https://doi.org/10.1162/089976603321780317), 2003.
- V. Mnih and others, [Human-level control through deep reinforcement
  learning](https://doi.org/10.1038/nature14236), *Nature* 518, 2015.
- H.-T. Cheng and others, [Wide & deep learning for recommender systems](https://arxiv.org/abs/1606.07792),
  2016; H. Guo and others, [DeepFM](https://arxiv.org/abs/1703.04247), 2017.
"""
