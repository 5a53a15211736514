"""Task 5: the perplexity of an n-gram model of the course's own definitions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.task import Case
from helpers.glossary import terms_of

Array = np.ndarray
END = "\n"


@cache
def definitions() -> list[str]:
    """All definitions of the course, in the order of the table."""
    return [term.definition for number in range(22) for term in terms_of(f"{number:02}")]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """A few short texts, with a letter that is new; then definitions, for contexts of 0 to 3 characters."""
    letters = rng.permutation(list("abcdefgh")).tolist()
    begin, *ends = letters[:5]
    train = ["".join([begin, *rng.choice(letters[:5], size=n), ends[n]]) for n in (3, 0, 2, 1)]
    new = ["".join([begin, *rng.choice(letters[:6], size=n)]) for n in (2, 0, 4)]
    new[0] += "".join(rng.permutation(letters[1:6]))  # all that end a text of train, and one that is new
    short = {"train": train, "new": new, "alphabet": "".join([*letters[:7], END])}
    cases: list[Case] = [{**short, "order": 1, "alpha": 0.5}, {**short, "order": 2, "alpha": 1.0}]
    alphabet = "".join(sorted({END, *"".join(definitions())}))
    for order, alpha in ((0, 0.5), (1, 0.02), (3, 0.01)):
        texts = rng.permutation(definitions()).tolist()
        some = {"train": texts[:80], "new": texts[-20:], "alphabet": alphabet}
        cases.append({**some, "order": order, "alpha": round(alpha * rng.uniform(1, 2), 4)})
    return cases


def _perplexity(train: list[str], new: list[str], alphabet: str, order: int, alpha: float) -> float:
    def pairs(texts: list[str]) -> Iterator[tuple[str, str]]:
        for text in texts:
            padded = END * order + text + END
            for i in range(order, len(padded)):
                yield padded[i - order : i], padded[i]

    learnt, asked, V = train, new, len(alphabet)
    both = Counter(pairs(learnt))
    contexts = Counter(context for context, _ in pairs(learnt))
    p = np.array([(both[c, x] + alpha) / (contexts[c] + alpha * V) for c, x in pairs(asked)])
    surprise = -np.log(p)
    return float(np.exp(surprise.mean()))


def _by_text(surprise: Array, new: list[str]) -> Array:
    """The mean of each text, for the slips that take it."""
    ends = np.cumsum([len(text) + 1 for text in new])
    return np.array([part.mean() for part in np.split(surprise, ends[:-1])])


def _windows(texts: list[str], order: int) -> list[str]:
    """Every stretch of that length, also the one at the end, for a slip."""
    return [(END * order + text + END)[i : i + order] for text in texts for i in range(len(text) + 2)]


ONE = "Take one character of `new`: what came before it, how often was that so in `train`, and what is its p?"
perplexity = formula_task(
    "sequences/perplexity",
    "perplexity(train, new, alphabet, order, alpha)",
    points=4,
    cases=_cases,
    right=_perplexity,
    parts=ONE,
    slips=r"""
        for i in range(order, len(padded)): → for i in range(order, len(padded) - 1):
            the end of a text was neither counted nor predicted
            A model has to know when to stop: the sign after the last character counts like any other.
        for i in range(order, len(padded)): → for i in range(order, len(padded) - (texts is new)):
            in `new` the end of a text was not predicted
            A text of m characters has m + 1 that count.
        padded = … → padded = text + END
            the first characters of a text were left out
            A text is read from its first character on: what is its context?
        for text in texts: → for text in [END.join(texts)]:
            each text begins with the end of the one before as its context
            Each is read by itself: before its first character stand end signs only.
        learnt, asked, V = … → learnt, asked, V = train + new, new, len(alphabet)
            `new` was counted too
            What is counted is `train`. Whoever has seen the answers is not surprised.
        learnt, asked, V = … → learnt, asked, V = train, train, len(alphabet)
            this is the perplexity on `train`
            Asked is that on `new`.
        learnt, asked, V = … → learnt, asked, V = train, new, len(set("".join(train)))
            V is the number of characters in `train`
            Of those in `alphabet`, the end sign included.
        (contexts[c] + alpha * V) → (contexts[c] + alpha)
            the probabilities after a context do not sum to 1
            alpha is given to each character of the alphabet. How much is that in all?
        (contexts[c] + alpha * V) → (sum(contexts.values()) + alpha * V)
            the counts were divided by the number of all characters
            By how often something came after this context.
        contexts = … → contexts = Counter(_windows(learnt, order))
            a context was counted also where nothing comes after it
            At the end of a text nothing follows the last sign.
        return … → return float(surprise.mean())
            this is the mean of -ln p
            The perplexity is e to the power of it.
        return … → return float(np.exp(-surprise.mean()))
            the sign in the power is wrong
            A perplexity is 1 or more: a guess among five equal ones has 5.
        return … → return float(np.exp(-np.log2(p).mean()))
            the logarithm has another base than the power
            ln goes with e.
        return … → return float((1 / p).mean())
            this is the mean of 1 / p
            The mean is one of logarithms.
        return … → return float(np.prod(p) ** (-1 / len(p)))
            the perplexity is infinite
            A product of thousands of probabilities is too small for a float. Add up logarithms instead.
        return … → return float(np.exp(surprise.sum()))
            the -ln p were added up, and not averaged
            A longer text is not more surprising for each character.
        return … → return float(np.exp(_by_text(surprise, new)).mean())
            this is the mean of the perplexities of the texts
            The mean is one over all characters that count, of all texts together.
        return … → return float(np.exp(_by_text(surprise, new).mean()))
            each text counts the same, however short it is
            The mean is one over all characters that count, of all texts together.
    """,
    form="One number.",
    hints={
        "KeyError": "What was never counted was counted 0 times.",
        "ZeroDivisionError": "Which number is 0 here: a count, or a product of thousands of probabilities?",
        "IndexError": "What is the first place of a text with `order` others before it, once it is padded?",
        "AttributeError": "`train` and `new` are lists of texts, `alphabet` is one text.",
    },
)
