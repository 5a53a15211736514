# %% [markdown]
r"""
# 15 · Without labels: what the judge asks for

Nobody has said what is right. Still something has to say what is *better*, or nothing can be learnt: an
opponent, the rows themselves, their neighbours, a reward. This lesson meets four such judges. Each gets what
it asks for. What it does not ask for, you have to look for yourself.

**You will be able to**

- write the two losses of a GAN, and tell a collapse from a success;
- say when an autoencoder is worth more than PCA;
- read a t-SNE map without believing its islands;
- write Q-learning and SARSA, and say what differs.

**Time:** {minutes} minutes.
**Before this:** lessons [05](05_backward.ipynb) and [07](07_losses.ipynb); PCA and t-SNE are in the
companions of [02](02_features_heard.ipynb) and [03](03_baselines_and_metrics_heard.ipynb).
"""

# %% jupyter={"source_hidden": true}
import numpy as np
import torch
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from helpers import data
from helpers.claims import claim
from helpers.explore.generative_and_meta import explorer
from helpers.figures import generative_and_meta as figures
from helpers.figures import show
from helpers.generative_and_meta import (
    GOAL,
    START,
    Game,
    covered,
    ring,
    walk,
)
from helpers.glossary import terms
from helpers.nn import Adam, Fleet, Linear, MSELoss, ReLU, Sequential
from helpers.nn.stack import Stack
from helpers.sources import show_source
from helpers.training import fit_each, predict

# %% [markdown]
r"""
## Two networks that play against each other

The data are points of eight small clouds on a ring. Nobody says which cloud a point is from. One network, the
**generator**, turns two random numbers into a point. Another, the **discriminator**, sees real points and
made ones and says how likely each is to be real. The first learns to be taken for real, the second not to be
fooled. `Game` plays four such games at once, each from another seed. (All seeds of this page are new: no
setting was chosen with them.)

There are two learning rates, 0.004 and 0.001. Who should get the large one? In one training the generator
learns four times as fast as its opponent, in the other the discriminator. All else is equal.

**Predict:** how many of the eight clouds will the made points cover, with the fast generator, and with the
fast discriminator? (A cloud is covered when at least 2 % of 1,000 points are close to it.) And can you tell
from the discriminator's answers which of the trainings went well?
"""


# %% tags=["predict"]
def play(lr_g, lr_d, at_once=1, seeds=range(40, 44)):
    game, made = Game(seeds, lr_g, lr_d, at_once), []
    for step in range(1, 801):
        game.step()
        if step in (200, 400, 800):
            made.append(game.made(1000))  # of each generator
    return game, made


games = {
    "fast discriminator": play(lr_g=0.001, lr_d=0.004),
    "fast generator": play(lr_g=0.004, lr_d=0.001),
}
for name, (game, made) in games.items():
    hit = covered(made[-1])
    p = np.mean(game.judged(made[-1]), axis=(1, 2))  # one mean a seed
    undecided = np.sum(np.abs(p - 0.5) < 0.25)
    print(f"{name:18}: all eight clouds in {np.sum(hit == 8)} of 4", end="")
    print(f", at most three in {np.sum(hit <= 3)} of 4;", end="")
    print(f" discriminator undecided in {undecided} of 4")

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.on_the_ring(
        ring(400, np.random.default_rng(0)),
        {
            name: [points[0][:400] for points in made]
            for name, (_, made) in games.items()
        },
        ["200 steps", "400 steps", "800 steps"],
    ),
    alt="Two rows of three pictures of the ring with made points. With the fast discriminator they cover "
    "more of the eight clouds from picture to picture, in the end all, with a thread of points from cloud to "
    "cloud. With the fast generator they lie in one bunch or streak, in another place each time.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

With the fast discriminator every one of four generators covers all eight clouds. With the fast generator none
covers more than three: it puts its points into one bunch or streak, and then into another. That is **mode
collapse**. And the discriminator's answers do not tell: in both trainings its mean answer to made points is
about 0.5, "I do not know". If you had to choose by its answers, you might even choose the collapse. On
eight other seeds it told real points from made ones in 60 to 70 % of the cases in the first training, and in
45 to 51 %, no better than a coin, in the second.

Nor is a success as good as its count: about a third of the points lie between the clouds. The count never
asked where the others are.

(On sixteen other seeds, after 600 steps already, each fast discriminator led to eight clouds, and no fast
generator covered more than one. With both rates four or ten times smaller, it covered at most two.)

</details>

## 1. What they ask of each other

This is a **generative adversarial network (GAN)**. With $D(x)$ for the discriminator's probability that $x$
is real, and $G(z)$ for the point that the generator makes of noise $z$:

$$\min_G \max_D \; \mathbb E[\log D(x)] + \mathbb E[\log(1 - D(G(z)))]$$

Aloud: the discriminator makes large the log-probability of calling real points real and made points made; the
generator makes it small. For the discriminator that is binary cross-entropy (lesson 07). The generator has a
choice. *Saturating*, as in the formula: it lowers $\log(1 - D)$. *Non-saturating*: it lowers $-\log D$. With
$p = D(G(z))$, the sigmoid of a logit, the slopes for that logit are $-p$ and $p - 1$:
"""

# %%
logits = np.array([-6.0, 0.0, 2.0])  # of three made points
p = 1 / (1 + np.exp(-logits))
by_hand = {"saturating": -p, "non-saturating": p - 1}

t = torch.tensor(logits, requires_grad=True)
losses = {
    "saturating": torch.log(1 - torch.sigmoid(t)).sum(),
    "non-saturating": -torch.nn.functional.logsigmoid(t).sum(),
}
for name, loss in losses.items():
    (slope,) = torch.autograd.grad(loss, t)
    print(f"{name:14} PyTorch {slope.numpy().round(3)}", end="")
    print(f"   by hand {by_hand[name].round(3)}")

# %% [markdown]
r"""
Both push the logit up. But at −6, where the discriminator is sure that the point is made, the first hardly
pushes at all, just when there is most to learn. `Game` uses the second. Here is its whole step: the slope for
the made points goes *through* the discriminator, back into the generator. (K counts the games;
`.view(Stack)` says that the first axis of an array does.)
"""

# %%
show_source(Game.step)

# %% jupyter={"source_hidden": true}
claim(
    "gan-generator-against-discriminator",
    because="The generator lowers what the discriminator raises: one step each in turn, as above (Goodfellow "
    "and others 2014). That this ends well is not in the definition: see the two trainings.",
)

# %% [markdown]
r"""
Look for what the discriminator is asked: is *this point* real? Not: do these points *differ* as real ones do?
A generator that puts all its points into one cloud has a good answer, until the discriminator has learnt
that this place is suspicious; then it moves on. A fast discriminator leaves it no time.

If that is the reason, then a discriminator that sees *two* points side by side, both real or both made,
should stop the collapse of the fast generator: two made points in one cloud are suspicious at once. If it is
only the speed, two points will not help.
"""

# %%
_, made = play(lr_g=0.004, lr_d=0.001, at_once=2)
for name, last in {
    "one at once": games["fast generator"][1][-1],
    "two at once": made[-1],
}.items():
    hit = covered(last)
    print(f"fast generator, {name}: five clouds or more", end="")
    print(f" in {np.sum(hit >= 5)} of 4 seeds")

# %% [markdown]
r"""
The rates are the same; what changed is the question. As a control, the second point was replaced by noise,
the same kind for real and made ones: on twelve seeds the fast generator then covered at most two clouds. So
it was not the larger discriminator. (With two points, only about half of the made ones, or fewer, lie close
to a middle.)

**Try it.** First guess: what happens when both learn equally fast? Then move the step, and watch where the
discriminator (dark) takes points for real.
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>When both learn equally fast</summary>

In this game, with 0.002 for both, it collapses. But the ratio does not decide alone: of four other seeds all
covered eight clouds with 0.004 for both, and only one did with 0.001, after 1,000 steps.

</details>

## 2. The rows judge: PCA and the autoencoder

Another judge needs no opponent. Squeeze each row into a few numbers, rebuild the row from them, and compare.
With 64 pixels and 8 numbers, two candidates:

- **PCA** keeps the 8 directions along which the training rows vary most. It has no settings and is exact.
- An **autoencoder** is a network, here 64–64–8–64–64 with ReLU after both outer layers of 64, trained to give
  back its input.

Without ReLU the second cannot beat the first on the rows it was trained on: 8 directions are then all it can
have, and the best 8 are those of PCA (Baldi and Hornik 1989). With ReLU what it rebuilds may lie on a curved
sheet. Is that worth it? It should depend on how many rows there are, and on whether the data have more of a
shape than their covariance. To see the second, draw rows from a Gaussian with the mean and the covariance of
the digits. To PCA they look the same, but they have no curves and no clumps. (In the cell, `C @ C.T` is the
covariance, so noise times `C.T` has it.)

**Predict:** who rebuilds new rows better, with 25 training rows, with 1,000, and with 1,000 of the Gaussian?
"""

# %%
X = data.load_digits().X / 16
C = np.linalg.cholesky(np.cov(X.T) + 1e-9 * np.eye(64))


def draw(seed, gaussian):
    rng = np.random.default_rng(seed)
    if gaussian:
        return X.mean(axis=0) + rng.normal(size=X.shape) @ C.T
    return rng.permutation(X)


def pca(rows, new, k=8):
    mean = rows.mean(axis=0)
    Vt = np.linalg.svd(rows - mean, full_matrices=False)[2][:k]
    return mean + (new - mean) @ Vt.T @ Vt


def autoencoder(seed, k=8):
    rng = np.random.default_rng(seed)
    layers = [
        Linear(m, n, rng=rng)
        for m, n in ((64, 64), (64, k), (k, 64), (64, 64))
    ]
    return Sequential(
        layers[0], ReLU(), layers[1], layers[2], ReLU(), layers[3]
    )


# %% tags=["predict"]
def lost(new, rebuilt):
    """The share of the variance that is lost, for each seed, in %."""
    return (
        100 * ((new - rebuilt) ** 2).mean(axis=(1, 2)) / X.var(axis=0).mean()
    )


for name, n, num_epochs in (
    ("digits", 25, 120),
    ("digits", 1000, 50),
    ("Gaussian", 1000, 25),
):
    seeds = range(20, 24)
    drawn = np.array([draw(seed, name == "Gaussian") for seed in seeds])
    rows, new = drawn[:, :n], drawn[:, 1300:]
    fleet = Fleet([autoencoder(seed) for seed in seeds])
    fit_each(
        fleet,
        MSELoss(),
        Adam(fleet, lr=0.003),
        rows,
        rows,
        batch_size=min(n, 50),
        num_epochs=num_epochs,
        rng=np.random.default_rng(0),
    )
    by_pca = lost(
        new, np.array([pca(*pair) for pair in zip(rows, new, strict=True)])
    )
    by_net = lost(new, np.asarray(predict(fleet, new.view(Stack))))
    print(f"{name:9}{n:5} rows: PCA loses {by_pca.mean():.0f} %", end="")
    print(f" ± {by_pca.std():.0f}, autoencoder {by_net.mean():.0f} %", end="")
    print(f" ± {by_net.std():.0f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

With 25 rows PCA loses less, with 1,000 the autoencoder does, by about a third. On the Gaussian with the same
covariance the advantage is gone: PCA is a little better. So the network used something that a covariance does
not tell, and it took many rows to find it. With 100 rows the two are level.

</details>

(Rate and epochs were chosen on other draws, for each line apart, among three rates. Only for 1,000 digits
there is something better: with 75 epochs, or three times the rate, the network loses a point or two less.)

The judge asks only for pixels back. That the 8 numbers *mean* something, or that numbers in between give
digits, it never asked.

## 3. The neighbours judge: t-SNE

**t-SNE** places rows on a map so that those that were near each other stay near. How many neighbours count
is its *perplexity*; 5 to 50 are usual. Give it an easy case: 300 points of *one* round cloud, which already
lie in a plane. Nothing has to be squeezed, so a perfect map would be the cloud itself.

To count islands, join all points that are closer than three times the usual (median) distance to the nearest
neighbour; an island is what hangs together and has five points or more.
"""


# %%
def islands(places):
    apart = cdist(places, places)
    usual = np.median(np.sort(apart, axis=1)[:, 1])  # column 0: itself
    _, name = connected_components(apart < 3 * usual)
    return np.sum(np.bincount(name) >= 5)


# %% tags=["predict"]
maps = {"data": [], "perplexity 5": [], "perplexity 30": []}
for seed in (20, 21):
    cloud = np.random.default_rng(seed).normal(size=(300, 2))
    maps["data"].append(cloud)
    for perplexity in (5, 30):
        tsne = TSNE(
            2,
            perplexity=perplexity,
            init="random",
            random_state=seed,
            max_iter=500,
        )
        with threadpool_limits(1):
            places = tsne.fit_transform(cloud)
        maps[f"perplexity {perplexity}"].append(places)
for name, drawn in maps.items():
    found = np.array([islands(places) for places in drawn])
    print(f"{name:13} at most 6 islands: {np.sum(found <= 6)} of 2", end="")
    print(f", 15 or more: {np.sum(found >= 15)} of 2")

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.maps_of_one_cloud(
        {name: drawn[0] for name, drawn in maps.items()}
    ),
    alt="The same 300 points three times. The data are one round cloud. The map with perplexity 5 consists "
    "of many small clumps and strings with gaps between. The map with perplexity 30 is one loose patch.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

With perplexity 5 the one cloud is torn into more than fifteen islands each time; with 30 it is not torn. That
is not for want of time: on six clouds, with twice as many steps, or with PCA as the start in place of chance,
there were 25 to 32 islands with 5, and one with 30.

</details>

The judge asks that neighbours stay neighbours. It does not ask that gaps be gaps. Chance makes some points
lie a little closer together, and the map makes islands of that. So draw several perplexities, and look for an
island in the rows themselves: are its members closer to each other there than to the others?

## 4. A reward judges: Q-learning

The last judge says nothing about single steps, only how much was earned. An agent walks on a grid of 4 × 12.
Each move costs 1. Between start and goal is a cliff: who steps there falls, at a cost of 100, and is back
at the start. So the shortest way earns −13.

$Q(s, a)$ is what the agent expects to earn from now on if in state $s$ it does $a$. After each move, with
reward $r$ and next state $s'$, two methods correct it by a share $\alpha$:

$$\text{Q-learning:}\quad Q(s,a) \leftarrow
 Q(s,a) + \alpha\,\big[r + \gamma \max_{a'} Q(s',a') - Q(s,a)\big]$$

$$\text{SARSA:}\quad Q(s,a) \leftarrow Q(s,a) + \alpha\,\big[r + \gamma\, Q(s',a') - Q(s,a)\big]$$

Aloud: move the estimate towards the reward plus what the next state is worth. **Q-learning** takes the
*best* next action, **SARSA** the one that the agent really *does* next (state, action, reward, state,
action). $\gamma$ discounts what comes later; here it is 1. At the goal nothing follows: its row in the table
is never changed and stays 0. To find new ways the agent does something random in a share ε = 0.1 of its
moves.

**Predict:** which of the two finds the shorter way? Which earns more while it learns?
"""


# %%
def learn(sarsa, seed, alpha=0.1, eps=0.1, episodes=500):
    rng = np.random.default_rng(seed)
    Q, earned = np.zeros((4, 12, 4)), np.zeros(episodes)

    def choose(s):
        return rng.integers(4) if rng.random() < eps else Q[s].argmax()

    for episode in range(episodes):
        s, a = START, choose(START)
        while s != GOAL:
            s_next, r = walk(s, a)
            a_next = choose(s_next)
            worth = Q[s_next][a_next] if sarsa else Q[s_next].max()
            Q[s][a] += alpha * (r + worth - Q[s][a])
            s, a = s_next, a_next
            earned[episode] += r
    return Q, earned


def best_way(Q):
    """Where the agent goes when it always does what Q says; 99 moves."""
    way = [START]
    while way[-1] != GOAL and len(way) < 100:
        way.append(walk(way[-1], Q[way[-1]].argmax())[0])
    return way


# %% tags=["predict"]
ways = {}
for name, sarsa in {"Q-learning": False, "SARSA": True}.items():
    runs = [learn(sarsa, seed) for seed in range(20, 28)]
    meanwhile = np.array([earned[-100:].mean() for _, earned in runs])
    ways[name] = [best_way(Q) for Q, _ in runs]
    moves = [len(way) - 1 for way in ways[name] if way[-1] == GOAL]
    print(f"{name:10} arrives in {len(moves)} of 8,", end="")
    print(f" moves {sorted(set(moves))};", end="")
    print(f" earned while exploring {meanwhile.mean():.0f}", end="")
    print(f" ± {meanwhile.std():.0f}")

# %% tags=["predict"] jupyter={"source_hidden": true}
show(
    figures.two_ways({name: each[0] for name, each in ways.items()}, (4, 12)),
    alt="A grid with the cliff along its lowest row. The way of Q-learning runs right along the edge. The "
    "way of SARSA climbs higher, keeps a distance from the cliff, and comes down at the end.",
)

# %% [markdown]
r"""
<details><summary>What came out</summary>

Q-learning finds the shortest way, 13 moves, in all eight seeds, and loses twice as much as SARSA meanwhile.
SARSA takes a longer way, at a distance from the edge, where it arrives. In one of the eight its table leads
back and forth between two cells and never arrives. (On 32 seeds that are not printed: 13 moves in all, and 15
or 17 in 31.) While it learns, a random move frees it.

</details>

Q-learning asks what a perfect agent would earn from here, and along the edge that is best. But the agent that
collects the rewards does something random in every tenth move, and falls. SARSA asks what *this* agent will
earn. Neither is wrong. They answer different questions. (Of the shares α from 0.02 to 0.8, tried on eight
other seeds, 0.1, 0.2 and 0.5 were alike for SARSA, and for Q-learning 0.1 to 0.8; with less, many had no way
yet after 500 games. When ε shrinks to 0 during the training, both earn about −16 in the last hundred.)

## Think

1. A GAN's two losses have been constant for an hour. Is it done?

<details><summary>Answer</summary>

You cannot know from that. The discriminator was undecided in the success and in the collapse. Look at what
is made, and measure what you want, such as how many kinds there are.

</details>

2. You have 60 rows of a new sensor with 200 columns. PCA or an autoencoder?

<details><summary>Answer</summary>

PCA first: with few rows it lost less here, it has no settings, and it is what the other has to beat on rows
that neither has seen.

</details>

3. A colleague shows a t-SNE map with nine islands, "nine kinds of customers". What do you ask for?

<details><summary>Answer</summary>

The same map with other perplexities and seeds, and a test outside the map: are the islands apart in the
columns themselves, or do other columns, which the map has not seen, tell them apart?

</details>

4. A robot learns in your kitchen. Q-learning or SARSA?

<details><summary>Answer</summary>

While it explores among your cups, what it earns meanwhile counts: SARSA's question. If it learns in a
simulation and is used without exploring, Q-learning's.

</details>

## Recap

- Without labels something else judges. It gets what it asks for, and nothing else.
- A GAN: the discriminator learns to tell real from made, the generator to be taken for real. Losses do not
  show a collapse; a discriminator that sees several points at once hinders it.
- PCA is the best linear squeeze of the rows it saw. An autoencoder beat it where rows were many and had more
  of a shape than a covariance.
- t-SNE keeps neighbours and invents gaps. Vary the perplexity, and check in the data.
- Q-learning learns the worth of the best next action, SARSA that of the one that is done.
"""

# %% jupyter={"source_hidden": true}
terms("15_generative_and_meta")

# %% [markdown]
r"""
Now you: [exercise 15](../exercises/15_generative_and_meta/15_generative_and_meta.ipynb). For a second
reading: [what you may have heard](15_generative_and_meta_heard.ipynb), with hypernetworks, k-means by hand,
diffusion, bandits, learning from few labels and recommenders. Before: [lesson 14](14_sequences.ipynb),
sequences. Next: [lesson 16](16_trust.ipynb), trust.

Sources

- I. Goodfellow and others, [Generative adversarial nets](https://arxiv.org/abs/1406.2661), 2014; L. Metz and
  others, [Unrolled generative adversarial networks](https://arxiv.org/abs/1611.02163), 2017: the ring; Z. Lin
  and others, [PacGAN](https://arxiv.org/abs/1712.04086), 2018: several points at once.
- P. Baldi, K. Hornik, [Neural networks and principal component
  analysis](https://doi.org/10.1016/0893-6080(89)90014-2), *Neural Networks* 2, 1989.
- M. Wattenberg and others, [How to use t-SNE effectively](https://distill.pub/2016/misread-tsne/), 2016.
- R. Sutton, A. Barto, [Reinforcement Learning](http://incompleteideas.net/book/the-book.html), 2nd edition,
  2018: the cliff is example 6.6.
"""
