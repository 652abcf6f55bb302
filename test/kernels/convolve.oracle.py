"""numpy.convolve and numpy.correlate of small whole numbers, which are exact: writes convolve.oracle.json."""
import json
import os

import numpy as np

SIZES = [(1, 1), (1, 4), (5, 1), (5, 2), (2, 5), (6, 3), (3, 6), (7, 7), (40, 9), (9, 40), (33, 32), (200, 97), (97, 200)]
rng = np.random.default_rng(5)
cases = []
for n, m in SIZES:
    a = rng.integers(-9, 10, n).astype(float)
    v = rng.integers(-9, 10, m).astype(float)
    results = {
        name: {mode: function(a, v, mode).tolist() for mode in ("full", "same", "valid")}
        for name, function in (("convolve", np.convolve), ("correlate", np.correlate))
    }
    if n > 50 or m > 50:  # the middle of long ones says it all
        results = {name: {mode: {"length": len(x), "head": x[:9], "tail": x[-9:]} for mode, x in modes.items()} for name, modes in results.items()}
    cases.append({"a": a.tolist(), "v": v.tolist(), **results})

with open(os.path.join(os.path.dirname(__file__), "convolve.oracle.json"), "w") as file:
    json.dump(cases, file)
    file.write("\n")
