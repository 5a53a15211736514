# %% [markdown]
r"""
# 03 · Baselines and metrics

A score means nothing before you know what a simple rule gets, and what each kind of mistake costs.

**You will be able to**

- compare a model with a baseline, row by row;
- read a confusion matrix, and compute precision, recall and F1 from it;
- put a threshold where the mistakes cost least, and read a ROC curve;
- judge predicted numbers by MSE, MAE, RMSE and R².

**Time:** {minutes} minutes. **Before this:** lesson [01](01_data_splits.ipynb), data splits.
"""

# %% jupyter={"source_hidden": true}
import numpy as np
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
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
from helpers.splits import stratified_holdout

# %% [markdown]
r"""
## Right 950 times in a thousand

A thousand people come to a screening. Fifty of them have a tumour that has to be treated. Two tests are on
offer, and each says yes or no. Test A is right for 950 of the thousand, test B for about 650.

**Predict:** which of the two finds more of the 50 tumours?

B is a small model: a **logistic regression**, which adds up weighted measurements and turns the sum into a
score between 0 and 1, here from two measurements of 569 real tumours (how rough their cells look, and how
smooth their edge is). Half of the rows train it, the other half measure it. B says yes from a score of 0.3
on.
"""

# %%
cancer = data.load_breast_cancer()
X_cancer, ill = cancer.X, cancer.y == 0  # 0 is malignant
names = list(cancer.feature_names)
two = [names.index("mean texture"), names.index("mean smoothness")]
rng = np.random.default_rng(0)
train, test = stratified_holdout(cancer.y, 0.5, rng)


def score_by(columns):
    """Scores of the training rows and of the test rows."""
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

(In the data 37 of 100 are ill, in a screening perhaps 5. So the cell takes *shares*, of the ill and of the
healthy, and counts them out for 50 and 950 people. That works as long as the ill and the healthy look the
same in both places.)

**Accuracy** is the share of right answers. It does not ask which answers are wrong. Like every **evaluation
metric** it makes one number of predictions and truth, and something is lost on the way. **Model
evaluation** is choosing such numbers, and measuring them, with their uncertainty, on rows that were not
fitted. This lesson has the questions that accuracy leaves out, and one that comes before all of them.
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

Here are eight models of before deep learning on the digits, all on the same 599 test rows. (You need not know
them: each has one line below the table.) The last two columns compare **row by row** with the strongest
simple method, five neighbours: how often is only this model right, how often only the neighbours?
"""

# %%
X, y = data.load_digits()
old, new = stratified_holdout(y, 1 / 3, np.random.default_rng(0))
models = {
    "5 neighbours": KNeighborsClassifier(5),
    "most frequent": DummyClassifier(),
    "naive Bayes": GaussianNB(var_smoothing=0.1),
    "linear regression": RidgeClassifier(alpha=1),
    "logistic regression": LogisticRegression(max_iter=500),
    "decision tree": DecisionTreeClassifier(random_state=0),
    "random forest": RandomForestClassifier(random_state=0),
    "SVM": SVC(C=10),
}
right = {}
print("                      accuracy  interval      only it  only 5-NN")
for name, model in models.items():
    model.fit(X[old] / 16, y[old])
    right[name] = model.predict(X[new] / 16) == y[new]
    it, best = right[name], right["5 neighbours"]
    low, high = accuracy_interval(it.sum(), len(it))
    print(f"{name:22}{it.mean():.2f}  {low:.2f} to {high:.2f}", end="")
    print(f"{np.sum(it & ~best):10}{np.sum(best & ~it):10}")

# %% [markdown]
r"""
- *k neighbours*: the label of the nearest training rows, by vote.
- *naive Bayes*: a bell curve for each pixel and class, as if pixels did not know of each other.
- **Linear regression**: a weighted sum of the pixels for each digit, fitted to 1 or −1 by squared error.
- **Logistic regression**, for ten classes called **softmax regression**: the same sums, turned into
  probabilities, fitted to make the right digit probable.
- **Decision tree**: yes-or-no questions about single pixels, one after the other. **Random forest**: a
  hundred trees, each grown on other rows and pixels, which vote.
- **Support vector machine** (SVM): a border as far as possible from the nearest rows of both sides, here
  bent.

Read the table from the last columns. The SVM is right on eight rows where the neighbours fail, they on two
where it fails: a coin that falls 8 to 2 is not that rare (lesson 01: 11 % of the time it is as uneven as
that, or more). So the first two places of this table are not settled. The tree's are.

And without labels? **k-means** knows no labels. It looks for ten centres, each the mean of the rows that are
nearest to it. Name each group after its most frequent digit in the training rows:
"""

# %%
groups = KMeans(10, n_init=10, random_state=0).fit(X[old] / 16)
name_of = []
for k in range(10):
    members = y[old][groups.labels_ == k]
    name_of.append(np.bincount(members).argmax())  # the most frequent
guess = np.array(name_of)[groups.predict(X[new] / 16)]
print(f"k-means, named afterwards: {np.mean(guess == y[new]):.1f}")

# %% [markdown]
r"""
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
measurements, take the logistic regression as the baseline, and a forest and an SVM against it. Each chooses
its setting by cross-validation inside the training rows (`GridSearchCV` does that). Ten splits. Above 0 the
better of the two would have earned its cost, below 0 the baseline was at least as good.
"""

# %%
forest = RandomForestClassifier(50, random_state=0)
rivals = {
    "baseline": (LogisticRegression(max_iter=1000), "C", [0.1, 0.3, 1, 3]),
    "forest": (forest, "max_features", [2, 6]),
    "SVM": (SVC(), "C", [1, 3, 10, 30]),
}
scores = {name: [] for name in rivals}
for seed in range(10):
    a, b = stratified_holdout(cancer.y, 0.3, np.random.default_rng(seed))
    scale = StandardScaler().fit(X_cancer[a])
    Z = scale.transform(X_cancer)
    for name, (model, setting, values) in rivals.items():
        search = GridSearchCV(model, {setting: values}, cv=3)
        search.fit(Z[a], ill[a])
        scores[name].append(search.score(Z[b], ill[b]))
for name, values in scores.items():
    print(f"{name:9} {np.mean(values):.2f} ± {np.std(values):.2f}")

# %%
baseline = np.mean(scores["baseline"])
gains = np.mean(scores["forest"]) - baseline, np.mean(scores["SVM"]) - baseline
claim(
    "beat-the-baseline",
    measured=max(gains),
    what="test accuracy of the better rival minus the baseline's, mean of ten splits",
)

# %% [markdown]
r"""
The spread belongs to the split, not to the model: all three met the same rows. On these data nothing was won
by more. On the digits something was. Only a baseline tells the two cases apart.

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
were called? The **F1 score** is their harmonic mean: two times the product by the sum, close to the smaller
one.
"""


# %%
def four_counts(truth, yes):
    """TP, FN, FP, TN."""
    both = np.sum(yes & truth), np.sum(~yes & truth)
    return *both, np.sum(yes & ~truth), np.sum(~yes & ~truth)


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
Two traps. A test that never says yes has no precision: 0/0. scikit-learn then says 0 and warns; ours does the
same. And precision belongs to a test *and* to the people who come: recall stays when the disease gets rarer,
precision falls. With B's shares in the screening of the opening it is only one in ten.
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

For each threshold there is such a cost. A threshold is chosen like a hyperparameter, not on the test rows;
here on the training rows.
"""


# %%
def cost(truth, yes):
    """Per 1,000 people, 50 of them ill: 20 a missed one, 1 a false alarm."""
    missed = 50 * np.mean(~yes[truth])
    alarms = 950 * np.mean(yes[~truth])
    return 20 * missed + alarms


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
    right_share = 0.05 * yes[truth].mean() + 0.95 * np.mean(~yes[~truth])
    print(f"{name:21} cost {cost(truth, yes):5.0f}   accuracy {right_share:.2f}")

# %% [markdown]
r"""
The cheapest test is far from the most accurate one, and accuracy puts "no to all" first. What a mistake costs
is no question of machine learning. It has to be asked of those who pay.

How common is it that accuracy misleads here? Take each of the 30 measurements alone as a test at 0.5. Call it
useful if at its cheapest threshold it costs less than both "no to all" and "yes to all" do. Which share of
the useful ones does accuracy rank *below* "no to all"? If accuracy were enough, none.
"""

# %%
useful = below = 0
for j in range(30):
    p_old, p_new = score_by([j])
    yes = p_new >= cheapest(ill[train], p_old)
    if cost(truth, yes) < 950:  # yes to all costs 950, no to all 1000
        useful += 1
        hits = p_new >= 0.5
        below += 0.05 * hits[truth].mean() + 0.95 * np.mean(~hits[~truth]) < 0.95
print(f"useful: {useful}, below 'no to all' in accuracy: {below}")

# %%
claim(
    "use-several-metrics",
    measured=below / useful,
    what="share of useful tests that accuracy ranks below a test that always says no",
)

# %% [markdown]
r"""
### Try it

The scores of B on the test rows, the four counts for a thousand people, and the point on the curve of the
next section. Before you move a slider: what happens to the false alarms when you want to miss nobody? And
which of the numbers change when the disease gets rarer, at the same threshold?
"""

# %%
explorer()

# %% [markdown]
r"""
## 4. All thresholds at once

Lower the threshold step by step, from above the highest score to below the lowest. Each step says yes to one
more row. Note the **true-positive rate** (the recall) and the **false-positive rate** (the share of the
healthy who are called): the line through these points is the **ROC curve**. "No to all" is its lower left
corner, "yes to all" its upper right, and tossing a coin the diagonal between.

The area under it, **AUC**, has a second meaning: take an ill and a healthy person at random, AUC is the
chance that the ill one has the higher score (equal scores count half).
"""

# %%
order = np.argsort(-p, kind="stable")  # highest first
tpr = np.cumsum(truth[order]) / truth.sum()
fpr = np.cumsum(~truth[order]) / np.sum(~truth)
area = np.trapezoid(tpr, fpr)

pairs = p[truth][:, None] - p[~truth]  # each ill minus each healthy
chance = np.mean(pairs > 0) + np.mean(pairs == 0) / 2
print(f"area {area:.3f}, pairs {chance:.3f},", end=" ")
print(f"scikit-learn {roc_auc_score(truth, p):.3f}")

# %% [markdown]
r"""
(`[:, None]` stands the ill in a column, so that each meets each of the healthy: a table of 106 × 179
differences. The curve as written needs scores that differ; rows with equal scores have to be taken in one
step, which is a task of the exercise.)
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
AUC needs no threshold and no costs: is the model with the higher AUC the better one? Ask it of all 435 pairs
of the 30 single measurements: does the one with the higher AUC also cost less in the screening? If AUC told
everything, always; if nothing, in half of the pairs. And where the two AUC are close, within 0.05?
"""

# %%
AUC, costs = [], []
for j in range(30):
    p_old, p_new = score_by([j])
    AUC.append(roc_auc_score(truth, p_new))
    costs.append(cost(truth, p_new >= cheapest(ill[train], p_old)))
i, j = np.triu_indices(30, k=1)  # each pair once
AUC, costs = np.array(AUC), np.array(costs)
agree = np.sign(AUC[i] - AUC[j]) == np.sign(costs[j] - costs[i])
close = np.abs(AUC[i] - AUC[j]) < 0.05
print(f"agree: {agree.mean():.2f} of all pairs, {agree[close].mean():.2f} of the close ones")

# %%
claim(
    "higher-auc-better-model",
    measured=agree[close].mean(),
    what="share of pairs with close AUC in which the higher AUC also costs less",
)

# %% [markdown]
r"""
As a first look AUC is good. Between close ones it does not decide: the costs ask about one part of the curve,
AUC about all of it. It is also blind to the scores themselves. Replace each $p$ by $p^6$ and no rank changes,
so AUC stays; but a score of 0.5 now reads 0.02.

## 5. Numbers instead of classes

A forecast of a number is wrong by an amount, $y - \hat y$ (read "y minus y-hat"). Four summaries:

| | formula | in words |
| --- | --- | --- |
| **MSE** | $\frac1n\sum (y_i-\hat y_i)^2$ | the mean of the squared errors |
| **RMSE** | $\sqrt{\text{MSE}}$ | its root, in the unit of $y$ |
| **MAE** | $\frac1n\sum \lvert y_i-\hat y_i \rvert$ | the mean size of an error, in the unit of $y$ |
| **R²** | $1 - \sum (y_i-\hat y_i)^2 / \sum (y_i-\bar y)^2$ | share of the mean's squared error gone |

The baseline is in R² already: $\bar y$ is the mean of the rows that are scored, so saying the mean gives 0
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
rows = np.random.default_rng(0).permutation(len(X_d))
new, old = rows[:147], rows[147:]
print("              MSE  RMSE  MAE     R²")
for name, model in {
    "mean": None,
    "linear": LinearRegression(),
    "whole tree": DecisionTreeRegressor(random_state=0),
}.items():
    if model is None:
        y_hat = np.full(147, y_d[old].mean())
    else:
        y_hat = model.fit(X_d[old], y_d[old]).predict(X_d[new])
    mse, rmse, mae, r2 = summaries(y_d[new], y_hat)
    print(f"{name:11}{mse:6.0f}{rmse:6.0f}{mae:5.0f}{r2:7.2f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

To 0, and from below. The tree is right about every row that it has seen, and about new ones worse than
saying the mean. **R²** (the **coefficient of determination**) can be negative: it is no square, in spite of
its name. The mean of the *training* rows comes out a little below 0 too, since it is not quite the mean of
the new ones.

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

3. Model A has R² = 0.52, model B 0.50, on the same 147 rows. Is A better?

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
Now you: [exercise 03](../exercises/03_baselines_and_metrics/03_baselines_and_metrics.ipynb), from counting
mistakes to a baseline that has to be beaten. For a second reading:
[what you may have heard](03_baselines_and_metrics_heard.ipynb), with the relatives of k-means. Next: lesson
04, what a network computes on its way forward.

Sources

- T. Fawcett, [An introduction to ROC analysis](https://doi.org/10.1016/j.patrec.2005.10.010), 2006.
- J. Hanley and B. McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
  curve", *Radiology* 143, 1982: AUC as a chance.
- G. Gigerenzer and U. Hoffrage, "How to improve Bayesian reasoning without instruction: frequency formats",
  *Psychological Review* 102, 1995: counting out for a thousand people.
- C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.
"""
