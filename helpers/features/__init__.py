"""Features: from a raw table to numbers that a model can use.

A transformer learns a few numbers from the *training* data (`fit`) and applies them to any data
(`transform`). Keeping these two apart is the whole point: whatever is learnt from test data, be it only a
mean, is a leak. Names, arguments and results are scikit-learn's.
"""

from helpers._inputs import NotFittedError
from helpers.features.base import Transformer
from helpers.features.construction import PCA, PolynomialFeatures
from helpers.features.encoding import OneHotEncoder, OrdinalEncoder
from helpers.features.imputation import SimpleImputer
from helpers.features.pipeline import Pipeline, make_pipeline
from helpers.features.scaling import MinMaxScaler, RobustScaler, StandardScaler

__all__ = [
    "PCA",
    "MinMaxScaler",
    "NotFittedError",
    "OneHotEncoder",
    "OrdinalEncoder",
    "Pipeline",
    "PolynomialFeatures",
    "RobustScaler",
    "SimpleImputer",
    "StandardScaler",
    "Transformer",
    "make_pipeline",
]
