"""Lloyd's iterations by SciPy, and k-means++ seeds by NumPy from the words of Philox: writes kmeans.oracle.json."""
import json
import math
import os

import numpy as np
import scipy.spatial
from scipy.cluster.vq import kmeans2


def numbers(n, seed):
    """The generator of kmeans.test.ts: whole numbers from -512 to 511."""
    state = seed
    out = []
    for _ in range(n):
        state = (state * 1103515245 + 12345) % 2**31
        out.append((state >> 16) % 1024 - 512)
    return np.array(out, dtype=np.float64)


def philox(key, use, low, high):
    counter = [low, high, use, 0]
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(p1 >> 32) ^ counter[1] ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ counter[3] ^ k1, p0 & 0xFFFFFFFF]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return counter


def seeds(x, clusters, key, run):
    """Greedy k-means++: 2 + ln k candidates for each centre, of which the one stays that leaves the least."""
    draws = iter(range(10**6))

    def uniform():
        words = philox(key, 9, next(draws), run)
        return ((words[0] << 21) | (words[1] >> 11)) * 2.0**-53

    trials = 2 + int(math.log(clusters))
    chosen = [int(uniform() * len(x))]
    near = ((x - x[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < clusters:
        sums = np.cumsum(near)
        candidates = [int(np.searchsorted(sums, uniform() * sums[-1], side="right")) for _ in range(trials)]
        left = [np.minimum(near, ((x - x[c]) ** 2).sum(axis=1)) for c in candidates]
        best = int(np.argmin([rest.sum() for rest in left]))
        chosen.append(candidates[best])
        near = left[best]
    return chosen


result = {"lloyd": [], "seeds": []}
for rows, cols, clusters, iterations in [(60, 2, 3, 1), (200, 3, 5, 4), (500, 17, 8, 9), (9000, 5, 4, 6)]:
    x = numbers(rows * cols, rows).reshape(rows, cols)
    centres = x[:clusters]
    for _ in range(iterations):
        centres, _ = kmeans2(x, centres, iter=1, minit="matrix", missing="raise")
    labels = ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    inertia = float(((x - centres[labels]) ** 2).sum())
    result["lloyd"].append(
        {
            "rows": rows,
            "cols": cols,
            "clusters": clusters,
            "iterations": iterations,
            "centres": centres.ravel().tolist(),
            "counts": np.bincount(labels, minlength=clusters).tolist(),
            "inertia": inertia,
        }
    )
for rows, cols, clusters, key, run in [(50, 2, 1, 1, 0), (50, 2, 6, 2, 0), (300, 4, 20, 12345678901, 0), (40000, 3, 9, 2**63 + 5, 0)]:
    x = numbers(rows * cols, rows).reshape(rows, cols)
    result["seeds"].append(
        {"rows": rows, "cols": cols, "clusters": clusters, "key": str(key), "chosen": seeds(x, clusters, key, run)}
    )

# Fisher's irises, as SciPy carries them; the least inertia for three clusters is in every textbook.
iris = np.loadtxt(os.path.join(os.path.dirname(scipy.spatial.__file__), "tests", "data", "iris.txt"))[:, :4]
result["iris"] = {
    "data": iris.ravel().tolist(),
    "inertia": min(((iris - c[l]) ** 2).sum() for c, l in (kmeans2(iris, 3, minit="++", rng=s) for s in range(50))),
}

with open(os.path.join(os.path.dirname(__file__), "kmeans.oracle.json"), "w") as file:
    json.dump(result, file)
    file.write("\n")
