"""What the lessons and exercises import: a small library that reads like the course.

One lesson, one module: whoever reads lesson 08 finds `helpers/nn/optimizers.py` without searching.
Importing `helpers` pulls in nothing but NumPy; PyTorch, scikit-learn and matplotlib are imported
only by the modules that need them.
"""

import os

# The matrices here are small. Two BLAS threads made a network 64 units wide up to twenty times
# slower (they wait for each other longer than they work), so one thread is the default. It has to be
# set before NumPy is imported, and a value that the user has set stands.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")
del _name
