# %% [markdown]
r"""
# 00 · Start: from a table to a tested model

A model that learns from data need not be large: here is one in eight lines, and you will run it before you
read about it.

**You will be able to**

- run a page like this one, check an answer and move a slider in it,
- say what a model, a parameter and a hyperparameter are,
- name the steps from a raw table to a model in use, and find the lesson that takes each of them apart.

**Time:** {minutes} minutes. **Before this:** a little Python, and what an array is.
"""

# %% [markdown]
r"""
## 1. Five minutes

The grey boxes are cells with code. Click the first one and press **Shift+Enter**: it runs, and the next one
is selected. (Where only three dots stand, a cell that draws a picture is folded. It runs in the same way; a
click shows its code.)
"""

# %%
import numpy as np

from helpers import data
from helpers.figures import show, start
from helpers.splits import holdout

# %% [markdown]
r"""
Here is a raw table. In the early 1990s, doctors in Wisconsin took a little tissue from 569 breast tumours,
and a program measured the cell nuclei under the microscope: 30 numbers for each tumour. Later each tumour
turned out to be malignant (cancer) or benign (harmless).
"""

# %%
table = data.load_breast_cancer()

print(table)
print(table.feature_names[:4])
for i in (0, 1, 19, 20):
    turned_out = table.target_names[table.y[i]]
    print(table.X[i, :4].round(1), "… 26 more …", turned_out)

# %% [markdown]
r"""
Can eight lines learn from the table to tell the two apart, for tumours that they have **not** seen? A quarter
of the rows is set aside for that question: 142 tumours.

Before you run the cell, make a guess. Someone who says "benign" every time is right about 92 of the 142. How
many will the eight lines get right? (`default_rng(0)` makes the random numbers that shuffle the rows. `@`
multiplies and adds up: 30 features by 30 numbers, one score for each tumour.)
"""

# %% tags=["predict"]
X, y = table
train, test = holdout(len(X), test_size=0.25, rng=np.random.default_rng(0))
Z = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
w, b = np.zeros(30), 0.0
for _ in range(200):
    error = 1 / (1 + np.exp(-(Z[train] @ w + b))) - y[train]
    w, b = w - 0.5 * Z[train].T @ error / len(train), b - 0.5 * error.mean()
print("right about", np.sum((Z[test] @ w + b > 0) == y[test]), "of", len(test))

# %% [markdown]
r"""
<details><summary>What came out</summary>

139 of 142 are right.

</details>

No line says what cancer looks like. That is **machine learning**: nobody writes the rule; numbers in a
formula are moved, a little at a time, until the formula fits the examples.

Read the eight lines once with these words beside you. You need not understand them yet.

1. the table becomes features `X` (30 numbers a tumour) and answers `y` (0 malignant, 1 benign);
2. some rows are set aside for the test;
3. every column is brought to the same scale;
4. the model gets its 31 numbers, all zero at first;
5. two hundred times,
6. it answers, and is told how wrong each answer was,
7. and every one of the 31 numbers is moved a little in the direction that makes the error smaller;
8. then it is asked about the rows that it has never seen.

The formula with its numbers is the **model**. The 31 numbers that the loop finds are its **parameters**. Two
values in the loop were not learned but chosen beforehand, `200` and `0.5`; such a value is called a
**hyperparameter**.
"""

# %% tags=["predict"] jupyter={"source_hidden": true}
scores = Z[test] @ w + b
fig = start.answers(scores, y[test], table.target_names)
show(
    fig,
    alt="The 142 test tumours at the score that the model gives them. Malignant ones are left of zero, "
    "benign ones right of it, except three crosses close to zero: the three wrong answers.",
)

# %% [markdown]
r"""
Each dot is a tumour from the test set, and each cross a wrong answer. They are close to zero, where the model
is least sure.

The twenty-one lessons that follow take the eight lines apart, and ask at every piece: why so, what else, and
how do you know?
"""

# %% [markdown]
r"""
## 2. How to use these pages

**A page is a notebook**: text, code that you can run and change, and the results of running it. Change a
number in the eight lines (`200` to `5`, or `0.5` to `50`), press Shift+Enter and look. (With `50`, NumPy
warns of an overflow: a number has become too large to hold. That does no harm here.) You cannot break
anything: *Kernel → Restart Kernel and Run All Cells* runs everything afresh, and `course reset NN` in a
terminal gives you an exercise as it was (and keeps a copy of yours).

**Exercises check themselves.** Every lesson after this one has an exercise with empty functions to fill in.
Under each stands a line with `check(...)`. It tells you how much passed and, for the first thing that failed,
what went in, what came out and a hint. Below is an answer to the first task of exercise 01 with a mistake in
it: it takes the first rows of the table as the test set, unshuffled.
"""

# %%
from contextlib import suppress

from helpers.checks import CheckFailed, check


def first_rows(n_samples, test_size, rng):
    n_test = round(n_samples * test_size)
    rows = np.arange(n_samples)
    return rows[n_test:], rows[:n_test]


with suppress(CheckFailed):  # only here: the page shall run to its end
    check("data_splits/holdout", first_rows)

# %% [markdown]
r"""
And this is what a right answer gets:
"""

# %%
check("data_splits/holdout", holdout)

# %% [markdown]
r"""
You may run a check as often as you like.

**Sliders** let you try what would take many cells to write. Run the cell, then drag one, or click it and use
the arrow keys. Here it is the model of section 1. How many does it get right after a single step? Guess, then
set the steps to 1. Leave them there, and guess again: with a learning rate (the `0.5` in line 7) a thousand
times smaller, what changes, the number of right answers or how sure it is?
"""

# %%
from helpers.explore.start import explorer

explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

One step is enough for 129 of 142. The other 199 win ten more. After one step at the tiny rate it gets the
same 129 right but stays close to 0.5: how sure it is changes, not who is right. At the largest rate it is
certain of nearly everything after one step, also where it is wrong.

</details>
"""

# %% [markdown]
r"""
**Claims** are things that people say. A lesson tests them and closes each with a verdict, in one of four
ways: by a measurement, a definition, a line of arithmetic, or a source. A definition is enough for this one:
*linear and logistic regression relate two variables*. Line 6 **is** a logistic regression.
"""

# %%
from helpers.claims import claim

claim(
    "regression-takes-two-variables",
    because="Both add up weight times feature over any number of features. "
    "The eight lines use 30 of them, and one answer to predict.",
)

# %% [markdown]
r"""
## 3. The process, and the lesson for each step
"""

# %% jupyter={"source_hidden": true}
fig = start.process()
show(
    fig,
    alt="Five rows of boxes, with an arrow from each row to the next. The data: annotate, split, preprocess. "
    "The model: define, initialise. Training: forward, loss, backward, update, and an arrow from update back "
    "to forward, for every batch. The judge: validate, tune, test; tune says: train again, "
    "with another choice. Use it: save, deploy.",
)

# %% [markdown]
r"""
| step | what it is | in the eight lines | lesson |
| --- | --- | --- | --- |
| annotate | somebody finds out the right answers | the doctors, before line 1 | [03][l03], [12][l12] |
| split | set aside what the model is judged on | line 2 | [01](01_data_splits.ipynb) |
| preprocess | make the numbers fit to learn from | line 3 | [02](02_features.ipynb) |
| define | choose the formula | `Z @ w + b` | [04](04_forward.ipynb), [06][l06], [13][l13], [14][l14] |
| initialise | give the parameters their first values | line 4 | [04](04_forward.ipynb) |
| forward | let the model answer | line 6 | [04](04_forward.ipynb) |
| loss | one number for how wrong the answers are | not computed, only its slope | [07][l07] |
| backward | for each parameter: which way is better? | `Z.T @ error` | [05](05_backward.ipynb) |
| update | go a step that way | line 7 | [08][l08] |
| validate | look at rows that it does not train on | left out | [10](10_tuning.ipynb), [12][l12] |
| tune | choose hyperparameters by that | left out: 200 and 0.5 were a guess | [10](10_tuning.ipynb) |
| test | judge once, at the end | line 8 | [01](01_data_splits.ipynb), [03][l03], [16][l16] |
| save | keep the parameters | left out | [21][l21] |
| deploy | make it small and fast, let others use it | left out | [17][l17] to [20][l20], [21][l21] |

You choose on other rows than you judge on, and judge last. Lesson 01 shows why.

### The map

| | lessons |
| --- | --- |
| the data and the judge | [01 data splits](01_data_splits.ipynb) ([exercise][e01]) |
| | [02 features](02_features.ipynb) ([exercise][e02]), [03 metrics][l03] ([exercise][e03]) |
| the engine, by hand | [04 forward](04_forward.ipynb) ([exercise][e04]) |
| | [05 backward](05_backward.ipynb) ([exercise][e05]), [06 activations][l06] ([exercise][e06]) |
| | [07 losses][l07] ([exercise][e07]), [08 optimizers][l08] ([exercise][e08]) |
| training that works | [09 training loop](09_training_loop.ipynb) ([exercise][e09]) |
| | [10 tuning](10_tuning.ipynb) ([exercise][e10]) |
| | [11 normalization][l11] ([exercise][e11]), [12 overfitting][l12] ([exercise][e12]) |
| other shapes of data | [13 convolution][l13] ([exercise][e13]), [14 sequences][l14] ([exercise][e14]) |
| | [15 generative models][l15] ([exercise][e15]) |
| can it be trusted | [16 trust][l16] ([exercise][e16]) |
| small enough to use | [17 distillation][l17] ([exercise][e17]) |
| | [18 quantization][l18] ([exercise][e18]) |
| | [19 quantized networks][l19] ([exercise][e19]) |
| | [20 large models in 4 bits][l20] ([exercise][e20]) |
| in use | [21 deployment][l21] ([exercise][e21]) |

[e01]: ../exercises/01_data_splits/01_data_splits.ipynb
[e02]: ../exercises/02_features/02_features.ipynb
[l03]: 03_baselines_and_metrics.ipynb
[l06]: 06_activations.ipynb
[l07]: 07_losses.ipynb
[l08]: 08_optimizers.ipynb
[e03]: ../exercises/03_baselines_and_metrics/03_baselines_and_metrics.ipynb
[e04]: ../exercises/04_forward/04_forward.ipynb
[e05]: ../exercises/05_backward/05_backward.ipynb
[e06]: ../exercises/06_activations/06_activations.ipynb
[e07]: ../exercises/07_losses/07_losses.ipynb
[e08]: ../exercises/08_optimizers/08_optimizers.ipynb
[e09]: ../exercises/09_training_loop/09_training_loop.ipynb
[e10]: ../exercises/10_tuning/10_tuning.ipynb
[l11]: 11_normalization.ipynb
[e11]: ../exercises/11_normalization/11_normalization.ipynb
[l12]: 12_overfitting.ipynb
[e12]: ../exercises/12_overfitting/12_overfitting.ipynb
[l13]: 13_convolution.ipynb
[e13]: ../exercises/13_convolution/13_convolution.ipynb
[l14]: 14_sequences.ipynb
[e14]: ../exercises/14_sequences/14_sequences.ipynb
[l15]: 15_generative_and_meta.ipynb
[e15]: ../exercises/15_generative_and_meta/15_generative_and_meta.ipynb
[l16]: 16_trust.ipynb
[e16]: ../exercises/16_trust/16_trust.ipynb
[l17]: 17_distillation.ipynb
[e17]: ../exercises/17_distillation/17_distillation.ipynb
[l18]: 18_quantization.ipynb
[e18]: ../exercises/18_quantization/18_quantization.ipynb
[l19]: 19_quantized_networks.ipynb
[e19]: ../exercises/19_quantized_networks/19_quantized_networks.ipynb
[l20]: 20_large_model_quantization.ipynb
[e20]: ../exercises/20_large_model_quantization/20_large_model_quantization.ipynb
[l21]: 21_deployment.ipynb
[e21]: ../exercises/21_deployment/21_deployment.ipynb

Most lessons have a **companion**, *you may have heard*: more claims about its subject, tested. Nothing
depends on it. This lesson's explains the kinds of learning, deep learning and the tools, and ends with its
**terms** in English and Chinese.
"""

# %% [markdown]
r"""
## 4. Think

1. The eight lines were right about 139 of 142. Are they better than a model that is right about 137 of the
   same 142?

<details><summary>An answer</summary>

You cannot tell from one test set. With other shuffles of the rows (seeds 0 to 5) the same eight lines get
between 137 and 141 right. Lesson 01 works out how sure a test score is.

</details>

2. Line 3 takes the mean and the spread from `X[train]`, not from all of `X`. Why go to the trouble?

<details><summary>An answer</summary>

The test rows stand for data that do not exist yet. Whatever is computed with their help lets a little of them
into the model. Lesson 01 measures when that matters.

</details>
"""

# %% [markdown]
r"""
## Recap

- A model is a formula with numbers in it; training moves the numbers until the answers fit the examples.
- Parameters are learned, hyperparameters are chosen, and a test on rows that were never seen is the judge.
- Training goes round and round: forward, loss, backward, update.

**Next:** [01 data splits](01_data_splits.ipynb), why a model is judged on data that it has not seen, and how
to cut a table without fooling yourself. This lesson has no exercise. For a second reading, now or later:
[what you may have heard](00_start_heard.ipynb).

**Sources**

- T. Mitchell, *Machine Learning*, McGraw-Hill, 1997, chapter 1: what it means to learn from experience.
- N. Street, W. Wolberg, O. Mangasarian, "Nuclear feature extraction for breast tumor diagnosis", 1993: the
  table of section 1.
"""
