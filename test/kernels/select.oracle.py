"""NumPy's medians, quantiles and partitions: python3 test/kernels/select.oracle.py > test/kernels/select.oracle.json

Inputs come from a generator that JavaScript repeats. Infinities and NaN are written as strings.
"""
import json
import platform
import warnings

import numpy as np

warnings.simplefilter("ignore")
METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]
SOME = ["linear", "lower", "hazen"]
SHARES = [0.0, 0.01, 0.1, 0.25, 1 / 3, 0.5, 0.6, 0.75, 0.9, 1.0]
SHAPES = [(1, 7), (2, 1 << 20), (3, 1 << 20), (4, 7), (10, 1 << 20), (11, 1 << 20), (100, 7), (5003, 1 << 20)]


def lcg(count, seed, span):
    out = np.empty(count, dtype=np.float64)
    state = seed
    for j in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[j] = (state >> 8) % span + 1  # no zeros: NumPy takes either sign for the same
    return out


def plain(value):
    value = np.asarray(value, dtype=np.float64)
    return [v if np.isfinite(v) else repr(float(v)) for v in value.ravel().tolist()]


cases = []
for size, span in SHAPES:
    x = lcg(size, size, span) / 7
    cases.append({
        "size": size,
        "span": span,
        "median": float(np.median(x)),
        "quantiles": {m: plain(np.quantile(x, SHARES, method=m)) for m in METHODS},
    })

special = []
for name, x in [
    ("infinities", [-np.inf, -np.inf, 1.0, 2.0, np.inf, np.inf, np.inf]),
    ("one NaN", [3.0, np.nan, 1.0, 2.0]),
    ("one number", [np.nan, 5.0, np.nan]),
    ("only NaN", [np.nan, np.nan]),
    ("overflow", [-1.7e308, 1.7e308]),
]:
    special.append({
        "name": name,
        "x": plain(x),
        "median": plain(np.median(x)),
        "nanmedian": plain(np.nanmedian(x)),
        "quantiles": {m: plain(np.quantile(x, SHARES, method=m)) for m in SOME},
        "nanquantiles": {m: plain(np.nanquantile(x, SHARES, method=m)) for m in SOME},
    })

print(json.dumps({
    "numpy": np.__version__,
    "python": platform.python_version(),
    "shares": SHARES,
    "cases": cases,
    "special": special,
}))
