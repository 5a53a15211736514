"""How much is tried: `course test --thorough` sets COURSE_THOROUGH, and every example is taken."""

import os

THOROUGH = bool(os.environ.get("COURSE_THOROUGH"))


def examples(many: int) -> int:
    """How many of so many examples Hypothesis tries: all when thorough, a third otherwise."""
    return many if THOROUGH else -(-many // 3)
