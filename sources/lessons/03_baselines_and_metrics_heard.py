# %% [markdown]
r"""
# 03 · Baselines and metrics: you may have heard

Six sentences about losses, scores and records, each with a measurement, a definition or its source; and the
relatives of k-means, which look for structure where nobody gave labels. No other lesson depends on this page.

**Time:** {minutes} minutes. **Before this:** the lesson, [03 · Baselines and
metrics](03_baselines_and_metrics.ipynb).

`told` writes the mean of several runs, ± their spread (standard deviation).
"""

# %% jupyter={"source_hidden": true}
from itertools import combinations

import numpy as np
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from helpers import data
from helpers.claims import claim
from helpers.figures import baselines_and_metrics as figures
from helpers.figures import show
from helpers.metrics import average_precision_score, log_loss, roc_auc_score
from helpers.splits import three_way

X, y = data.load_digits()
X = X / 16


def told(values):
    """The mean and the spread (standard deviation) of several runs, as text."""
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}"


# %% [markdown]
r"""
## "The lower the loss, the higher the accuracy"

The **cross-entropy** loss of a row is $-\log p$, where $p$ is the probability that the model gave to the
right class (lesson 07). It asks how sure the model was; accuracy asks only which class was first. Three
models, four rows each, by the probability of the right one of two classes:
"""

# %%
for name, p in {
    "A": [0.51, 0.51, 0.51, 0.49],
    "B": [0.99, 0.99, 0.99, 0.001],
    "C": [0.95, 0.95, 0.45, 0.45],
}.items():
    p = np.array(p)
    loss, accuracy = -np.log(p).mean(), np.mean(p > 0.5)
    print(f"{name}: loss {loss:.2f}, accuracy {accuracy:.2f}")

# %% [markdown]
r"""
A and B are equally often right, at very different losses; C has the lowest loss and is least often right.
Those numbers were made up. What about models? Eleven of them on digits, five splits, 300 rows to learn
from: in which share of all pairs does the one with the lower loss have the higher accuracy? Always would be
1, no relation 0.5.
"""

# %%
strengths = (0.01, 0.1, 1, 10, 100)
candidates = [LogisticRegression(C=C, max_iter=2000) for C in strengths]
candidates += [KNeighborsClassifier(k) for k in (5, 15, 45)]
candidates += [GaussianNB(var_smoothing=v) for v in (0.01, 0.1)]
candidates += [RandomForestClassifier(50, random_state=0)]
agree = []
for seed in range(5):
    rng = np.random.default_rng(seed)
    train, validation, _ = three_way(len(X), 0.4, 0.4, rng)
    train = train[:300]
    losses, scores = [], []
    for model in candidates:
        P = model.fit(X[train], y[train]).predict_proba(X[validation])
        losses.append(log_loss(y[validation], np.clip(P, 1e-6, 1)))
        scores.append(np.mean(P.argmax(axis=1) == y[validation]))
    for a, b in combinations(range(len(candidates)), 2):
        if scores[a] != scores[b]:
            agree.append((losses[a] < losses[b]) == (scores[a] > scores[b]))
print(f"agree in {np.mean(agree):.2f} of {len(agree)} pairs")

# %%
claim(
    "lower-loss-higher-accuracy",
    measured=np.mean(agree),
    what="share of pairs in which the lower loss has the higher accuracy",
)

# %% [markdown]
r"""
Mostly, and not always. (`np.clip` keeps a probability of 0, which some of them give, from
making a loss infinite.)

## "The loss is the standard for a model's quality"

Which loss, and on which rows? During training you see that of the training rows. Choose the depth of a tree
by it, or by the accuracy on validation rows, and look at what the choice is worth on test rows. Two labels in
ten are wrong. If the training loss were a standard, both choices would be equally good. Is it the loss or the
rows? The two other combinations tell.
"""

# %%
X_c, y_c = data.load_breast_cancer()
ways = ["training loss", "training accuracy"]
ways += ["validation loss", "validation accuracy"]
worth = {way: [] for way in ways}
for seed in range(10):
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(y_c)) < 0.2
    given = np.where(wrong, 1 - y_c, y_c)
    train, validation, test = three_way(len(y_c), 0.3, 0.3, rng)
    trees = [DecisionTreeClassifier(max_depth=depth, random_state=0)
             for depth in (1, 2, 3, 4, 6, 10, 20)]  # fmt: skip
    signs = {way: [] for way in ways}
    for tree in trees:
        tree.fit(X_c[train], given[train])
        for name, rows in ("training", train), ("validation", validation):
            P = np.clip(tree.predict_proba(X_c[rows]), 1e-6, 1)
            signs[f"{name} loss"].append(-log_loss(given[rows], P))
            accuracy = tree.score(X_c[rows], given[rows])
            signs[f"{name} accuracy"].append(accuracy)
    for way in ways:  # the tree with the best sign, on the true labels
        chosen = trees[np.argmax(signs[way])]
        worth[way].append(chosen.score(X_c[test], y_c[test]))
for way, values in worth.items():
    print(f"chosen by {way:20} {told(values)}")

# %%
by_loss, by_accuracy = worth["training loss"], worth["validation accuracy"]
claim(
    "loss-is-the-standard",
    measured=np.mean(by_accuracy) - np.mean(by_loss),
    what="test accuracy lost by choosing on the training loss",
)

# %% [markdown]
r"""
It is the rows. On training rows loss and accuracy both chose a tree that learnt wrong labels by heart; on
validation rows either would do. A loss is smooth, so that training has a slope to follow; whether it is also
what the task asks for is another question.

## "The loss is a rate"

In Chinese it is often called 损失率, "loss rate".
"""

# %% jupyter={"source_hidden": true}
claim(
    "loss-is-a-rate",
    because="A rate lies between 0 and 1. A net that gives each of ten digits 1/10 has a loss of "
    "−log(1/10) = 2.3, and p = 0.0001 for the right class costs 9.2; there is no upper bound.",
)

# %% [markdown]
r"""
## "Classification outputs a discrete value, the confidence"
"""

# %%
model = LogisticRegression(max_iter=2000).fit(X[:1000], y[:1000])
row = X[1000:1001]
print("probabilities:", model.predict_proba(row)[0].round(2))
print("label:        ", model.predict(row)[0])

# %% jupyter={"source_hidden": true}
claim(
    "classification-outputs-confidence",
    because="What comes out is a real number for each class. The label is discrete, after the largest was "
    "taken; its probability is called confidence, and is not discrete.",
)

# %% [markdown]
r"""
Whether a confidence of 0.9 is right nine times in ten is another question, called calibration (lesson 16).
If scores are calibrated, a threshold needs no search (Elkan 2001). Calling a person with probability $p$ of
being ill costs $1 - p$ on average, sending them home $20p$. So call from $p = 1/21$ on. But the model of the
lesson was fitted where 106 of 285 are ill, and used where 50 of 1,000 are. Count each ill one of the 106 as
50/106 people of the screening, each healthy one of the 179 as 950/179: then the balance is at

$$\frac{p}{1-p} = \frac{1 \cdot 950/179}{20 \cdot 50/106} = 0.56 \,, \qquad p = 0.36 \,.$$

The search in the lesson found 0.36 too (it prints 0.4).

## Records

"BERT reached SOTA on several tasks." "If your new model beats BERT, your research is meaningful."
"""

# %% jupyter={"source_hidden": true}
claim(
    "bert-reached-sota",
    source="Devlin et al. 2019: on eleven tasks, when it was published. Liu et al. 2019 (RoBERTa) trained "
    "the same kind of network longer, on more text, and overtook it within a year.",
)

# %% jupyter={"source_hidden": true}
claim(
    "beating-bert-is-meaningful",
    source="Ferrari Dacrema et al. 2019: of 18 published recommenders 7 could be run again, and 6 of "
    "these were often beaten by simple methods whose settings had been searched as well.",
)

# %% [markdown]
r"""
One win over one baseline says little: was the baseline tuned as long, is the difference larger than the
spread of seeds and splits, and what does it cost?

## When the positives are rare

The ROC curve does not see how rare they are: both of its rates stay. The **precision–recall curve** does: it
has a point (recall, precision) for each threshold. The **average precision** is the area under it, measured
in steps. The scores of 200 positives and of more and more negatives, drawn from the same two bell curves:
"""

# %%
rng = np.random.default_rng(0)
positive, negative = rng.normal(2, 1, 200), rng.normal(0, 1, 20_000)
print("negatives    AUC   average precision")
for n in (200, 2_000, 20_000):
    truth = np.r_[np.ones(200), np.zeros(n)]
    p = np.r_[positive, negative[:n]]
    auc = roc_auc_score(truth, p)
    print(f"{n:9}   {auc:.2f}   {average_precision_score(truth, p):.1f}")

# %% [markdown]
r"""
(`np.r_` joins arrays.) For a screening the second column is the one that hurts.

## Without labels

**Hierarchical clustering** joins the two nearest groups, again and again, until one is left; cut the tree
where ten are left. Against k-means on 600 digits, each group named after its most frequent digit among these
rows:
"""


# %%
def named_accuracy(groups, y):
    """The share of rows with the most frequent digit of their group."""
    hits = [np.bincount(y[groups == k]).max() for k in range(10)]
    return sum(hits) / len(y)


rows = np.random.default_rng(0).permutation(len(X))[:600]
for name, model in {
    "k-means": KMeans(10, n_init=10, random_state=0),
    "hierarchical (Ward)": AgglomerativeClustering(10),
    "hierarchical (single)": AgglomerativeClustering(10, linkage="single"),
}.items():
    groups = model.fit_predict(X[rows])
    print(f"{name:22} {named_accuracy(groups, y[rows]):.1f}")

# %% [markdown]
r"""
"Nearest" has to be defined, and decides. By *Ward*, join what adds least to the squared distances from the
means. By *single linkage*, measure from the two rows that are closest: one chain through a few rows
in between makes one group of all.

**PCA** draws the rows along the two directions in which they vary most (lesson 02): a shadow, in which
distances are never larger than in truth. **t-SNE** places the rows anew, so that who was near stays near.
"""

# %% jupyter={"source_hidden": true}
flat = PCA(2).fit_transform(X[rows])
# Threads that wait for each other take ten times as long.
with threadpool_limits(1):
    placed = [
        TSNE(2, init="random", random_state=seed).fit_transform(X[rows])
        for seed in (0, 1)
    ]
show(
    figures.maps(
        {"PCA": flat, "t-SNE": placed[0], "t-SNE, another seed": placed[1]},
        y[rows],
    ),
    alt="Three maps of 600 digits, each row drawn as its digit. In PCA the digits overlap in the middle. In "
    "both t-SNE maps most digits form islands of their own; with another seed the islands lie elsewhere.",
)

# %% [markdown]
r"""
t-SNE saw no labels, and most islands are of one digit: that is how you know that they are real here. (It has
drawn islands into pure noise, too.) Which island lies beside which is not to be read from the map: with
another seed they lie elsewhere. Nor is their size, which t-SNE evens out (Wattenberg 2016).

**Association rule learning** looks for things that come together. Who buys bread and jam: how many buy butter
too? First find the sets that are in at least three of eight baskets (that number is a set's *support*).
**Apriori** goes by size: a set can be frequent only if all smaller sets in it are. **Eclat** keeps, for each
set, the numbers of its baskets, and intersects them.
"""

# %%
baskets = ["bread butter jam", "bread butter", "bread jam butter"]
baskets += ["milk bread", "milk", "butter jam bread", "milk butter", "jam"]
baskets = [set(basket.split()) for basket in baskets]
things = sorted(set.union(*baskets))


def apriori(least=3):
    """Frequent sets, from small to large."""
    found, size = {}, 1
    new = [frozenset([thing]) for thing in things]
    while new:
        counts = {s: sum(s <= basket for basket in baskets) for s in new}
        found |= {s: n for s, n in counts.items() if n >= least}
        size += 1
        new = [frozenset(s) for s in combinations(things, size)]
        new = [s for s in new if all(s - {thing} in found for thing in s)]
    return found


def eclat(prefix, ids, rest, least=3):
    """Frequent sets that begin with prefix, by intersecting ids."""
    found = {prefix: len(ids)} if prefix else {}
    for k, thing in enumerate(rest):
        both = ids & {i for i, basket in enumerate(baskets) if thing in basket}
        if len(both) >= least:
            found |= eclat(prefix | {thing}, both, rest[k + 1 :], least)
    return found


frequent = apriori()
everyone = set(range(len(baskets)))
same = eclat(frozenset(), everyone, things) == frequent
print("Eclat finds the same:", same)
for s, n in frequent.items():
    if len(s) > 1:
        print(f"{n} of 8 baskets have {', '.join(sorted(s))}")
with_both = frequent[frozenset(["bread", "jam"])]
with_butter = frequent[frozenset(["bread", "jam", "butter"])]
print(f"of {with_both} with bread and jam {with_butter} have butter")

# %% [markdown]
r"""
(`s <= basket` asks whether all of `s` is in the basket, `&` keeps what is in both, and a `frozenset` is a set
that can be looked up in a dictionary.) Three of three is a rule
with a *confidence* of 1, from three baskets: think of lesson 01's intervals before you believe it.

Sources

- T. Saito and M. Rehmsmeier, [The precision-recall plot is more
  informative](https://doi.org/10.1371/journal.pone.0118432), *PLOS ONE* 2015.
- J. Devlin and others, [BERT](https://arxiv.org/abs/1810.04805), 2019; Y. Liu and others,
  [RoBERTa](https://arxiv.org/abs/1907.11692), 2019.
- C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001; C. Guo and others, [On calibration of
  modern neural networks](https://arxiv.org/abs/1706.04599), 2017.
- M. Ferrari Dacrema and others, [Are we really making much progress?](https://arxiv.org/abs/1907.06902),
  2019.
- L. van der Maaten and G. Hinton, [Visualizing data using
  t-SNE](https://www.jmlr.org/papers/v9/vandermaaten08a.html), JMLR 2008; M. Wattenberg and others, [How to
  use t-SNE effectively](https://distill.pub/2016/misread-tsne/), 2016.
- R. Agrawal and R. Srikant, "Fast algorithms for mining association rules", VLDB 1994 (Apriori); M. Zaki,
  "Scalable algorithms for association mining", 2000 (Eclat).
"""
