"""Numbers that neither side of offloop computed: python3 test/kernels/rolling.oracle.py > test/kernels/rolling.oracle.json

Inputs made with correctly rounded operations only (+ - * / sqrt), so that JavaScript makes the same ones. Results are
those of numpy.lib.stride_tricks.sliding_window_view, in long doubles (64 bits of mantissa here), at some windows.
"""
import json
import platform

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

N = 20_011
state = 1
noise = np.empty(N)
for k in range(N):
    state = state * 48271 % 2147483647
    noise[k] = state / 2147483647 - 0.5

i = np.arange(N, dtype=np.float64)
series = {
    "noise": noise,
    "offset": 1e9 + noise,
    "walk": np.cumsum(noise),
    "cliff": noise + np.where(i < 5000, 0.0, 1e6),
}
assert np.finfo(np.longdouble).nmant >= 63

rows = []
for name, x in series.items():
    for window in (1, 7, 16, 17, 64, 100, 1000, 8300, N):
        count = N - window + 1
        at = sorted({0, count // 3, count // 2, count - 1})
        view = sliding_window_view(x.astype(np.longdouble), window)[at]
        rows.append({
            "name": name,
            "window": window,
            "at": at,
            "absolute": np.abs(view).sum(axis=1).astype(float).tolist(),
            "sum": view.sum(axis=1).astype(float).tolist(),
            "min": view.min(axis=1).astype(float).tolist(),
            "max": view.max(axis=1).astype(float).tolist(),
            "std": view.std(axis=1).astype(float).tolist(),
        })

print(json.dumps({"made_by": f"numpy {np.__version__}, Python {platform.python_version()}", "n": N, "rows": rows}))
