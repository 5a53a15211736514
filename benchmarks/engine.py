"""The table of the engine's speed: `python benchmarks/engine.py [rounds]` is `course bench engine`."""

import sys

from course.bench import engine

if __name__ == "__main__":
    engine(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
