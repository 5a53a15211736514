"""What the lessons and exercises import: a small library that reads like the course.

One lesson, one module: whoever reads lesson 08 finds `helpers/nn/optimizers.py` without searching.
Importing `helpers` pulls in no large package; PyTorch, scikit-learn and matplotlib are imported
only by the modules that need them.
"""

import os
import sys

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def _use_one_thread() -> None:
    """Let BLAS (and PyTorch) work with one thread, unless the user has set a number.

    The matrices here are small. Two threads made a network 64 units wide up to twenty times slower:
    they wait for each other longer than they work. A library reads the variables when it is loaded; one
    that a notebook imported before `helpers` has to be told.
    """
    if any(name in os.environ for name in _THREADS):
        return
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    if "numpy" in sys.modules:
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


_use_one_thread()
