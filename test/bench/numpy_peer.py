"""NumPy as a peer: reads one JSON object a line, does it, times it itself, answers with one JSON object a line."""
import json
import sys
import time

import numpy as np

arrays = {}


def load(ask):
    array = np.fromfile(ask["path"], dtype=ask["dtype"]).reshape(ask["shape"])
    arrays[ask["name"]] = space[ask["name"]] = array
    if ask.get("work"):
        arrays[ask["name"] + "_work"] = array.copy()
    return {}


def total():
    return float(arrays["x"].sum())


def sort_copy():
    return np.sort(arrays["x"])


def sort_in_place():
    arrays["x_work"].sort()


# argpartition from the end: without the copy that negating the scores would make.
def top_one():
    scores = arrays["corpus"] @ arrays["queries"][0]
    part = np.argpartition(scores, -10)[-10:]
    return part[np.argsort(-scores[part])]


def top_many():
    """The ten of each query, not even in order."""
    scores = arrays["queries"] @ arrays["corpus"].T
    return np.argpartition(scores, -10, axis=1)[:, -10:]


def digits():
    """Nearest of all training digits to each test digit: blocked matmul + argmin, as one writes it."""
    train, test = arrays["train"], arrays["test"]
    squares = (train * train).sum(axis=1)
    found = np.empty(len(test), dtype=np.int64)
    for at in range(0, len(test), 500):
        found[at : at + 500] = (squares - 2 * (test[at : at + 500] @ train.T)).argmin(axis=1)
    return found


# What code of the benchmarks sees: NumPy, the arrays by name, and whatever it defined before.
space = {"np": np}


def run(ask):
    """Defines names for later expressions; answers whether that worked (a package may be missing)."""
    try:
        exec(ask["code"], space, space)
        return {"ok": True}
    except ImportError as error:
        return {"ok": False, "missing": str(error)}


def evaluated(ask):
    work = eval("lambda: " + ask["expression"], space)
    begun = time.perf_counter()
    value = work()
    ms = (time.perf_counter() - begun) * 1e3
    return {"ms": ms, "value": np.asarray(value).ravel().tolist() if ask.get("value") else None}


def timed(ask):
    if ask["what"] == "sort_in_place":
        np.copyto(arrays["x_work"], arrays["x"])
    work = globals()[ask["what"]]
    begun = time.perf_counter()
    value = work()
    ms = (time.perf_counter() - begun) * 1e3
    return {"ms": ms, "value": np.asarray(value).ravel().tolist() if ask.get("value") else None}


def about(_):
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "blas": f"{blas.get('name', '?')} {blas.get('version', '')}".strip(),
        "features": sorted(f for f, on in np._core._multiarray_umath.__cpu_features__.items() if on and "V" in f),
    }


for line in sys.stdin:
    ask = json.loads(line)
    answer = {"about": about, "load": load, "time": timed, "run": run, "evaluate": evaluated}[ask["do"]](ask)
    print(json.dumps(answer), flush=True)
