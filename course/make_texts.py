"""Writes helpers/data/minilm_texts.csv, the texts of lesson 20, from the tables of terms and claims.

    python -m course.make_texts
    python -m course.measure_minilm     # what was measured with the old ones is measured again

The file stays as it is when somebody corrects a definition: what lesson 20 measured belongs to these texts.
"""

from course import files
from course.claims import as_text
from helpers._tables import DATA, rows


def texts() -> list[list[str]]:
    """Kind, name and text: a term with its definition, or a claim with its reason.

    >>> {kind for kind, _, _ in texts()} == {"term", "calibration"}
    True
    """
    terms = [["term", row["term_en"], row["definition_en"]] for row in rows("terms.csv")]
    claims = [["calibration", row["slug"], f"{row['claim']}. {row['why']}"] for row in rows("claims.csv")]
    return terms + claims


def main() -> None:
    """Write the file."""
    files.write(DATA / "minilm_texts.csv", as_text([["kind", "name", "text"], *texts()]))


if __name__ == "__main__":
    main()
