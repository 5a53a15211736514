# %% [markdown]
r"""
# 03 · Baselines and metrics

A score means nothing before you know what a simple rule gets, and what each kind of mistake costs.

**You will be able to**

- compare a model with a baseline, row by row;
- read a confusion matrix, and compute precision, recall and F1 from it;
- put a threshold where the mistakes cost least, and read a ROC curve;
- judge predicted numbers by MSE, MAE, RMSE and R².

**Time:** {minutes} minutes. **Before this:** lesson [01](01_data_splits.ipynb), data splits; of lesson 02,
scaling.
"""

# %% jupyter={"source_hidden": true}
import numpy as np
from scipy.stats import binomtest
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    RidgeClassifier,
)
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from helpers import data
from helpers.claims import claim
from helpers.explore.baselines_and_metrics import explorer
from helpers.figures import baselines_and_metrics as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.metrics import accuracy_interval
from helpers.splits import holdout, stratified_holdout

# %% [markdown]
r"""
## Right 950 times in a thousand

A thousand people come to a screening. Fifty of them have a tumour that has to be treated. Two tests are on
offer, and each says yes or no. Test A is right for 950 of the thousand, test B for about 650.

**Predict:** which of the two finds more of the 50 tumours?

B is a small model: a **logistic regression**, which adds up weighted measurements and turns the sum into a
score between 0 and 1, the probability of *ill* as the model sees it. It has two measurements of 569 real
tumours: how uneven the grey of the cell nuclei is, and how uneven their outline. Half of the rows train it,
the other half measure it. B says yes from a score of 0.3 on. (`predict_proba` gives a column of scores for
each class; `[:, 1]` is the one for *ill*.)
"""

# %%
cancer = data.load_breast_cancer()
X_cancer, ill = cancer.X, cancer.y == 0  # 0 is malignant
names = list(cancer.feature_names)
two = [names.index("mean texture"), names.index("mean smoothness")]
rng = np.random.default_rng(0)
train, test = stratified_holdout(cancer.y, 0.5, rng)


def score_by(columns):
    """Train on these columns; scores of the training and test rows."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(X_cancer[train][:, columns], ill[train])
    p = model.predict_proba(X_cancer[:, columns])[:, 1]
    return p[train], p[test]


p_train, p = score_by(two)
truth = ill[test]
print("test rows:", len(truth), " ill:", truth.sum())

# %% tags=["predict"]
for name, yes in {"A": np.zeros(len(truth), bool), "B": p >= 0.3}.items():
    found = 50 * yes[truth].mean()  # of 50 ill people
    alarms = 950 * yes[~truth].mean()  # of 950 healthy ones
    print(f"{name}: right for {found + 950 - alarms:.0f}, ", end="")
    print(f"finds {found:.0f} of 50, {alarms:.0f} false alarms")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Test A finds nobody. It says no to everyone, and is right about all who are healthy. B is right less often and
finds four tumours in five.

</details>

(In the data 37 of 100 are ill, in a screening perhaps 5. So the cell takes *shares*, and counts them out for
50 and 950 people. That works as long as the ill and the healthy look the same in both places.)

**Accuracy** is the share of right answers. It does not ask which answers are wrong. Like every **evaluation
metric** it makes one number of predictions and truth, and something is lost on the way. **Model
evaluation** is choosing such numbers, and measuring them, with their uncertainty, on rows that were not
fitted.
"""

# %% jupyter={"source_hidden": true}
claim(
    "accuracy-definition",
    because="Right answers over all answers: that is how the word is used. It says nothing about "
    "which rows are wrong, and where one class is rare, 'no' to everyone scores high.",
)

# %% [markdown]
r"""
## 1. First the baseline

A **baseline** is the simplest thing that could be done instead, measured in the same way. For classes: always
say the most frequent one. For numbers: always say the mean. A second kind is the method that people already
use. Whoever reports a score without a baseline asks you to guess what is easy.

Here are seven models from before deep learning, and the baseline *most frequent*, on the same 599 digits that
they were not trained on. (Each has a line below the table.) Each model chooses its own setting by
cross-validation inside the training rows; `GridSearchCV` does that. The interval is Wilson's (lesson 01). The
last three columns compare **row by row** with the nearest neighbours of lesson 01: on how many rows is only
this model right, on how many only the neighbours, and how often is a coin as uneven as that or more?
"""

# %%
X, y = data.load_digits()
old, new = stratified_holdout(y, 1 / 3, np.random.default_rng(0))


def tuned(model, setting, values):
    """The model with the value that cross-validation finds best."""
    return GridSearchCV(model, {setting: values}, cv=3)


tree = DecisionTreeClassifier(random_state=0)
forest = RandomForestClassifier(random_state=0)
softmax = LogisticRegression(max_iter=2000)
models = {
    "neighbours": tuned(KNeighborsClassifier(), "n_neighbors", [1, 3, 5, 9]),
    "most frequent": DummyClassifier(),
    "naive Bayes": tuned(GaussianNB(), "var_smoothing", [0.01, 0.1, 1]),
    "linear regression": tuned(RidgeClassifier(), "alpha", [1, 10, 100]),
    "logistic regression": tuned(softmax, "C", [1, 10, 100]),
    "decision tree": tuned(tree, "max_depth", [5, 10, 15, 20]),
    "random forest": tuned(forest, "max_features", [4, 8, 16]),
    "SVM": tuned(SVC(), "C", [1, 10, 100]),
}

# %%
right = {}


def report(name, guess):
    """One line of the table."""
    right[name] = it = guess == y[new]
    low, high = accuracy_interval(it.sum(), len(it))  # right ones, all
    print(f"{name:20} {it.mean():.2f}  {low:.2f} to {high:.2f}", end="")
    best = right["neighbours"]
    only_it, only_best = np.sum(it & ~best), np.sum(best & ~it)
    if only_it + only_best:
        coin = binomtest(only_it, only_it + only_best).pvalue
        print(f"{only_it:9}{only_best:12}{coin:9.2f}", end="")
    print()


print("                 accuracy   interval  only it  only neigh.   coin")
for name, model in models.items():
    model.fit(X[old] / 16, y[old])
    report(name, model.predict(X[new] / 16))

# %% [markdown]
r"""
- *Neighbours*: the label of the nearest training rows, by vote.
- *Naive Bayes*: a bell curve for each pixel and class, as if pixels did not know of each other.
- **Linear regression**: a weighted sum of the pixels for each digit, fitted to 1 or −1 by squared error
  (scikit-learn's also keeps the weights small).
- **Logistic regression**, for ten classes called **softmax regression**: the same sums, turned into
  probabilities, fitted to make the right digit probable.
- **Decision tree**: yes-or-no questions about single pixels, one after the other. **Random forest**: a
  hundred trees that vote. Each is grown from other rows, drawn by chance, and each question chooses among a
  few pixels, drawn by chance too.
- **Support vector machine** (SVM): a border as far as possible from the nearest rows of both sides, here
  bent.

Read the last columns. The SVM has the highest accuracy, and differs from the neighbours on eight rows, six to
two. A coin is as uneven as that 29 times in a hundred, so the first two places are not settled.
The forest and the logistic regression are probably behind (a coin does that 2 and 4 times in a hundred, but
then you look at six such lines at once). The other three are behind beyond doubt.

And without labels? The eighth model, **k-means**, looks for ten centres, each the mean of the rows that are
nearest to it. `labels_` says which group each training row went to. Name each group after its most frequent
digit there:
"""

# %%
groups = KMeans(10, n_init=10, random_state=0).fit(X[old] / 16)
name_of = []
for k in range(10):
    members = y[old][groups.labels_ == k]
    name_of.append(np.bincount(members).argmax())  # the most frequent
guess = np.array(name_of)[groups.predict(X[new] / 16)]
report("k-means, then named", guess)

# %% [markdown]
r"""
Without a single label it sorts about four in five of the digits: more than a guess, less than all that had
labels.

The table is a **benchmark** in small: fixed data, a fixed split, one metric, one way to run it. The best
published result on a benchmark is its **state of the art** (SOTA), today the SVM's here, tomorrow another's.
With the data, the code and the seeds anyone can get the same table: that is **reproducibility**.
"""

# %% jupyter={"source_hidden": true}
claim(
    "benchmark-is-highest-score",
    because="A benchmark is the place of comparison: data, task, metric and rules. The highest score on "
    "it is the state of the art, and has a date.",
)

# %% [markdown]
r"""
### Is the bigger model worth it?

"A complex model that does not clearly beat the baseline may not be worth using." On the tumours, with all 30
measurements, take the logistic regression as the baseline, and a forest and an SVM against it, each with its
own best setting, on ten splits. All three meet the same rows, so take the difference split by split, here in
percentage points. Above 0 the rival would have earned its cost, at 0 or below it would not.
"""

# %%
small_forest = RandomForestClassifier(50, random_state=0)
three = {
    "baseline": tuned(softmax, "C", [0.03, 0.1, 0.3, 1, 3]),
    "forest": tuned(small_forest, "max_features", [1, 3, 10]),
    "SVM": tuned(SVC(), "C", [0.3, 1, 3, 10, 30]),
}
scores = {name: [] for name in three}
for seed in range(10):
    a, b = stratified_holdout(cancer.y, 0.3, np.random.default_rng(seed))
    Z = StandardScaler().fit(X_cancer[a]).transform(X_cancer)
    for name, model in three.items():
        model.fit(Z[a], ill[a])
        scores[name].append(100 * model.score(Z[b], ill[b]))

gains = {}
for name, values in scores.items():
    gain = np.array(values) - scores["baseline"]
    gains[name] = gain.mean()
    print(f"{name:9}{np.mean(values):5.1f}   gain ", end="")
    print(f"{gain.mean():+.1f} ± {gain.std():.1f}")

# %%
claim(
    "beat-the-baseline",
    measured=max(gains["forest"], gains["SVM"]) / 100,
    what="test accuracy, better rival minus baseline, ten splits",
)

# %% [markdown]
r"""
On these data nothing was won by more. And on the digits, against the same simple model?
"""

# %%
A, B = right["SVM"], right["logistic regression"]
print("only the SVM right:                ", np.sum(A & ~B))
print("only the logistic regression right:", np.sum(B & ~A))

# %% [markdown]
r"""
There the bigger model earned its place. Only a baseline tells the two cases apart.

## 2. Two kinds of mistakes

Call the ill *positive*. A test can be wrong in two ways, and its **confusion matrix** counts both:

| | says yes | says no |
| --- | --- | --- |
| **is ill** | TP, true positive: found | FN, false negative: missed |
| **is healthy** | FP, false positive: false alarm | TN, true negative: sent home |

Three shares of these four counts have names.

$$\text{precision} = \frac{TP}{TP+FP} \qquad \text{recall} = \frac{TP}{TP+FN} \qquad
F_1 = \frac{2PR}{P+R}$$

Aloud: **precision**, of those who were called, how many are ill? **Recall**, of those who are ill, how many
were called? The **F1 score** is their harmonic mean: two times the product, divided by the sum. It is nearer
to the smaller one: of 0.1 and 0.9 it makes 0.18.
"""


# %%
def four_counts(truth, yes):
    """TP, FN, FP, TN."""
    TP, FN = np.sum(yes & truth), np.sum(~yes & truth)
    FP, TN = np.sum(yes & ~truth), np.sum(~yes & ~truth)
    return TP, FN, FP, TN


TP, FN, FP, TN = four_counts(truth, p >= 0.3)
P, R = TP / (TP + FP), TP / (TP + FN)
F1 = 2 * P * R / (P + R)
print(f"TP {TP}  FN {FN}  FP {FP}  TN {TN}")
print(f"precision {P:.2f}  recall {R:.2f}  F1 {F1:.2f}")
theirs = precision_recall_fscore_support(truth, p >= 0.3, average="binary")
print("agrees with scikit-learn:", np.allclose(theirs[:3], [P, R, F1]))

# %% jupyter={"source_hidden": true}
claim(
    "recall-definition",
    because="TP / (TP + FN): the ill are found or missed, and recall is the share that is found.",
)

# %% jupyter={"source_hidden": true}
claim(
    "precision-definition",
    because="Of the mail that was flagged as spam, the share that is spam, TP / (TP + FP). 'The share "
    "of mail correctly detected' may also be read as a share of all spam, and that is recall.",
)

# %% [markdown]
r"""
Two traps. A test that never says yes has no precision: 0/0. scikit-learn then says 0, and warns. And
precision belongs to a test *and* to the people who come. Let the disease get rarer, with ill and healthy
people who look as before: recall stays, precision falls. In the screening, one in ten of those whom B calls
is ill.
"""

# %%
for prevalence in (0.37, 0.05, 0.005):
    found = prevalence * R
    alarms = (1 - prevalence) * FP / (FP + TN)
    print(f"{prevalence:5.1%} ill: precision {found / (found + alarms):.2f}")

# %% jupyter={"source_hidden": true}
claim(
    "f1-judges-overall",
    because="2PR / (P + R) does not contain TN: with P = R = 0.5 it is 0.5 among a hundred people or a "
    "million, and P = 1, R = 0.01 give 0.02. It weighs both mistakes alike, at one threshold.",
)

# %% [markdown]
r"""
## 3. Where to draw the line

The model gives a score. That B says yes from 0.3 on was our decision, and it decides between the two
mistakes. What do they cost? A false alarm: a second examination. A missed tumour: much more. Say twenty times
as much, and count for 1,000 people at the screening:

$$\text{cost} = 20 \cdot \text{missed} + 1 \cdot \text{false alarms}$$

A threshold is chosen like a hyperparameter: not on the test rows. Here the training rows will do, since a
model of three numbers cannot learn 285 rows by heart. A larger model needs validation rows (lesson 01).

The possible thresholds are the scores themselves; `np.unique` gives each of them once, and `argmin` the place
of the smallest cost.
"""


# %%
def cost(truth, yes):
    """Per 1,000 people, 50 of them ill: 20 a missed one, 1 a false alarm."""
    missed = 50 * np.mean(~yes[truth])
    alarms = 950 * np.mean(yes[~truth])
    return 20 * missed + alarms


def accuracy(truth, yes):
    """Among the same 1,000 people."""
    return 0.05 * np.mean(yes[truth]) + 0.95 * np.mean(~yes[~truth])


def cheapest(truth, p):
    """The threshold among the scores at which the mistakes cost least."""
    thresholds = np.unique(p)
    costs = [cost(truth, p >= t) for t in thresholds]
    return thresholds[np.argmin(costs)]


best = cheapest(ill[train], p_train)
print(f"cheapest threshold on the training rows: {best:.1f}")
for name, yes in {
    "yes to all": p >= 0,
    "no to all": p > 1,
    "from 0.5 on": p >= 0.5,
    "from the cheapest on": p >= best,
}.items():
    print(f"{name:21} cost {cost(truth, yes):5.0f}", end="")
    print(f"   accuracy {accuracy(truth, yes):.2f}")

# %% [markdown]
r"""
Accuracy puts "no to all" first, which is the dearest of the four. The cheapest one is right about 72 of 100.
(531 and 550 are less than one missed tumour in a thousand people apart: between these two, 284 rows do not
decide.) What a mistake costs is no question of machine learning. It has to be asked of those who pay.

How often does accuracy mislead here? Take each of the 30 measurements alone as a test at 0.5. Call it useful
if it costs less than "no to all" and "yes to all". How many of the useful ones does accuracy rank *below* "no
to all"? If accuracy were enough, none.
"""

# %%
useful = below = 0
for j in range(30):
    yes = score_by([j])[1] >= 0.5
    if cost(truth, yes) < 950:  # yes to all costs 950, no to all 1000
        useful += 1
        below += accuracy(truth, yes) < 0.95
print(f"useful: {useful}, below 'no to all' in accuracy: {below}")

# %%
claim(
    "use-several-metrics",
    measured=below / useful,
    what="share of useful tests that accuracy puts below 'no to all'",
)

# %% [markdown]
r"""
### Try it

You see the scores of B on the test rows, the four counts for a thousand people, and a point on a curve that
the next section explains. Before you move a slider: what happens to the false alarms when you want to miss
nobody? Which numbers change when the disease gets rarer, at the same threshold?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

To miss nobody you have to go down to 0.05, and then four in five healthy people are called. When the disease
gets rarer, recall and the point on the curve stay where they are. Precision falls, and accuracy goes towards
the share of the healthy who are sent home. The cheapest threshold rises; where 5 in a thousand are ill, no
threshold of this test is cheaper than "no to all".

</details>
"""

# %% [markdown]
r"""
## 4. All thresholds at once

Lower the threshold step by step, from above the highest score to the lowest. Each step says yes to one more
row. Note the **true-positive rate** (the recall) and the **false-positive rate** (the share of the
healthy who are called): the line through these points is the **ROC curve**. "No to all" is its lower left
corner, "yes to all" its upper right, and tossing a coin the diagonal between.

The area under it, **AUC**, has a second meaning: take an ill and a healthy person at random, AUC is the
chance that the ill one has the higher score (equal scores count half).

In the code, `np.argsort(-p)` gives the row numbers from the highest score down. `np.cumsum` adds up as it
goes along: how many ill rows are among the first one, two, three … `np.trapezoid` is the area under a line
through points.
"""

# %%
order = np.argsort(-p)  # highest first
tpr = np.cumsum(truth[order]) / truth.sum()
fpr = np.cumsum(~truth[order]) / np.sum(~truth)
area = np.trapezoid(tpr, fpr)

pairs = p[truth][:, None] - p[~truth]  # each ill minus each healthy
chance = np.mean(pairs > 0) + np.mean(pairs == 0) / 2
print(f"area {area:.3f}, pairs {chance:.3f},", end=" ")
print(f"scikit-learn {roc_auc_score(truth, p):.3f}")

# %% [markdown]
r"""
(`[:, None]` stands the ill in a column, so that each meets each of the healthy: a table of 106 × 178
differences. The curve as written needs scores that differ; rows with equal scores have to be taken in one
step, as in the exercise.)
"""

# %% jupyter={"source_hidden": true}
curves = {}
for title, columns in {
    "two measurements (B)": two,
    "radius alone": [names.index("mean radius")],
    "fractal dimension alone": [names.index("mean fractal dimension")],
}.items():
    curves[title] = score_by(columns)[1]
show(
    figures.roc_curves(truth, curves),
    alt="Three ROC curves over the diagonal. Radius alone bends closest to the upper left corner, the two "
    "measurements of test B lie between, and fractal dimension alone runs at or below the diagonal. On B's "
    "curve the thresholds 0.5, 0.3 and 0.1 are marked, from left to right.",
)

# %% [markdown]
r"""
Radius alone is above B almost everywhere: with as many false alarms it finds more of the ill. The curve below
the diagonal is worse than a coin: what little the model found about fractal dimension in the training rows is
not so in the test rows.

AUC needs no threshold and no costs: is the model with the higher AUC the better one? In all 435 pairs of the
30 single measurements, each at its cheapest threshold: does the one with the higher AUC also cost less? If
AUC told everything, always; if nothing, in half of the pairs. And where the two AUC are close, within 0.05?

Few rows alone can spoil such an agreement. The control: the same costs on one half of the test rows against
those on the other half. (`np.triu_indices` gives each pair once.)
"""

# %%
AUC, costs, half, other = [], [], [], []
for j in range(30):
    p_old, p_new = score_by([j])
    yes = p_new >= cheapest(ill[train], p_old)
    AUC.append(roc_auc_score(truth, p_new))
    costs.append(cost(truth, yes))
    half.append(cost(truth[::2], yes[::2]))  # every second row
    other.append(cost(truth[1::2], yes[1::2]))

i, j = np.triu_indices(30, k=1)


def order_by(values):
    """1 where the first of the pair has more, -1 where the second has."""
    return np.sign(np.array(values)[i] - np.array(values)[j])


agree = order_by(AUC) == -order_by(costs)
control = order_by(half) == order_by(other)
close = np.abs(np.array(AUC)[i] - np.array(AUC)[j]) < 0.05
print("which share agrees:  all pairs  close pairs")
for name, v in {"AUC and costs": agree, "costs, halves": control}.items():
    print(f"{name:21}{v.mean():.2f}       {v[close].mean():.2f}")
print("close pairs:", close.sum())

# %%
claim(
    "higher-auc-better-model",
    measured=agree[close].mean(),
    what="share of close pairs in which the higher AUC costs less",
)

# %% [markdown]
r"""
As a first look AUC is good. Between close ones hardly anything decides on so few rows: of three pairs, the
costs agree with themselves in two.

But AUC and costs can differ without any chance. Test A knows a sure sign that 60 of 100 ill people have and
no healthy one; the others it cannot tell apart. Test B knows a sign that all ill people have, and 40 of 100
healthy ones. Draw the two curves: both areas are 0.8. Where one person in a hundred is ill, A misses 4 in a
thousand, which costs 80; B calls 396 healthy ones, and "no to all" would cost 200. Where one in five is ill,
B costs 320; A misses 80, and "yes to all", 800, is the cheapest it can do. The costs ask about one point of
the curve, AUC about all of it.

AUC is also blind to the scores themselves. Replace each $p$ by $p^6$ and no rank changes, so AUC stays; but a
score of 0.5 now reads 0.02.

## 5. Numbers instead of classes

A forecast of a number is wrong by an amount, $y - \hat y$ (read "y minus y-hat"). Four summaries ($\sum$: add
up over all rows; $\bar y$, "y-bar": the mean of $y$):

| | formula | in words |
| --- | --- | --- |
| **MSE** | $\frac1n\sum (y_i-\hat y_i)^2$ | the mean of the squared errors |
| **RMSE** | $\sqrt{\text{MSE}}$ | its root, in the unit of $y$ |
| **MAE** | $\frac1n\sum \lvert y_i-\hat y_i \rvert$ | the mean size of an error, in the unit of $y$ |
| **R²** | $1 - \sum (y_i-\hat y_i)^2 / \sum (y_i-\bar y)^2$ | share of the mean's squared error gone |

The baseline is in R² already: $\bar y$ is the mean of the rows that are scored. Saying it every time gives 0,
and no error gives 1. The target is how far diabetes progressed within a year, on a scale of 25 to 346.

**Predict:** a decision tree that learns all training rows by heart: is its R² on new rows nearer to 1, or to
0?
"""


# %%
def summaries(y, y_hat):
    """MSE, RMSE, MAE and R²."""
    squares = (y - y_hat) ** 2
    mse = squares.mean()
    r2 = 1 - squares.sum() / np.sum((y - y.mean()) ** 2)
    return mse, np.sqrt(mse), np.abs(y - y_hat).mean(), r2


# %% tags=["predict"]
X_d, y_d = data.load_diabetes()
old, new = holdout(len(X_d), 147, np.random.default_rng(0))
print("              MSE  RMSE  MAE     R²")
for name, model in {
    "mean": DummyRegressor(),
    "linear": LinearRegression(),
    "whole tree": DecisionTreeRegressor(random_state=0),
}.items():
    y_hat = model.fit(X_d[old], y_d[old]).predict(X_d[new])
    mse, rmse, mae, r2 = summaries(y_d[new], y_hat)
    print(f"{name:11}{mse:6.0f}{rmse:6.0f}{mae:5.0f}{r2:7.2f}")

again = []
for seed in range(20):
    old, new = holdout(len(X_d), 147, np.random.default_rng(seed))
    model.fit(X_d[old], y_d[old])  # the whole tree
    again.append(model.score(X_d[new], y_d[new]))
print(f"R² of the tree on its training rows {model.score(X_d[old], y_d[old])}")
print(f"on new rows, 20 splits: {np.mean(again):.1f} ± {np.std(again):.1f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

To 0, and rather below it. The tree is right about every row that it has seen. About new ones it is worse than
saying the mean, here and on average over twenty splits. **R²** (the **coefficient of determination**) can be
negative: it is no square, in spite of its name. The mean of the *training* rows comes out a little below 0
too, since it is not quite the mean of the new ones.

</details>

Large errors weigh more in MSE and RMSE than in MAE. Which of them is right depends on what an error costs
(again), and lesson 07 shows what a model learns from each.

## Think

1. A spam filter reports an accuracy of 0.99. What do you ask?

<details><summary>Answer</summary>

How much of the mail is spam? If it is one in a hundred, "no spam" for all has 0.99 too. Then: how many good
mails does it hold back (precision), how much spam does it let through (recall), on whose mail, and with which
interval?

</details>

2. A test has an AUC of 0.3. What do you do with it?

<details><summary>Answer</summary>

If 0.3 is no accident of few rows: turn it round. Call those with *low* scores, and the AUC is 0.7. Then look
for the mistake in the sign.

</details>

3. Model A has R² = 0.43, model B 0.41, on the same 147 rows. Is A better?

<details><summary>Answer</summary>

Compare row by row: for each row, B's squared error minus A's. If the mean of these differences is small
beside their spread divided by √147, the question is open.

</details>

## Recap

- A baseline first: most frequent class, mean, or what people already use. Compare row by row, with an
  interval.
- Accuracy hides which mistakes are made; precision and recall count them, and both move with the threshold.
- What a mistake costs decides where the threshold belongs. Precision falls when the positives get rarer,
  recall does not.
- ROC is the test at all thresholds, AUC the chance that a positive outranks a negative. It ranks; it does
  not decide.
- R² is 0 for the mean and negative for worse. MSE weighs large errors more than MAE.
"""

# %%
terms("03_baselines_and_metrics")

# %% [markdown]
r"""
Now you: [exercise 03](../exercises/03_baselines_and_metrics/03_baselines_and_metrics.ipynb). For a second
reading: [what you may have heard](03_baselines_and_metrics_heard.ipynb), with the relatives of k-means. Next:
lesson [04](04_forward.ipynb), what a network computes on its way forward.

Sources

- T. Fawcett, [An introduction to ROC analysis](https://doi.org/10.1016/j.patrec.2005.10.010), 2006.
- J. Hanley and B. McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
  curve", *Radiology* 143, 1982: AUC as a chance.
- G. Gigerenzer and U. Hoffrage, "How to improve Bayesian reasoning without instruction: frequency formats",
  *Psychological Review* 102, 1995: counting out for a thousand people.
- C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001: from costs to a threshold.
"""
