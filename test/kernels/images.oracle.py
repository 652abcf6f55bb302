"""What SciPy and plain NumPy make of a small image: writes images.oracle.json. Computed in f64, from f32 or u8 pixels."""
import json
import os

import numpy as np
from scipy import ndimage

H, W, C = 6, 7, 2
state = 1


def numbers(count):
    global state
    out = []
    for _ in range(count):
        state = state * 48271 % 2147483647
        out.append(state)
    return np.array(out)


floats = (numbers(H * W * C) / 2147483647).astype(np.float32).astype(np.float64).reshape(H, W, C)
bytes_ = (numbers(H * W * C) % 256).astype(np.float64).reshape(H, W, C)
kernel = np.array([[(3 * i + 5 * j) % 7 - 2.5 for j in range(3)] for i in range(5)])
MODES = {"reflect": "reflect", "mirror": "mirror", "replicate": "nearest", "wrap": "wrap", "constant": "constant"}


def each(x, filtered):
    return np.stack([filtered(x[:, :, c]) for c in range(C)], axis=2)


def bilinear(x, rows, cols):
    at = [np.clip((np.arange(n) + 0.5) * s / n - 0.5, 0, s - 1) for n, s in ((rows, H), (cols, W))]
    grid = np.meshgrid(*at, indexing="ij")
    return each(x, lambda a: ndimage.map_coordinates(a, grid, order=1, mode="nearest"))


def area(x, rows, cols):
    """Every pixel in rows x cols parts, then means of H x W of these: nothing but whole numbers of parts."""
    parts = np.repeat(np.repeat(x, rows, axis=0), cols, axis=1)
    return parts.reshape(rows, H, cols, W, C).mean(axis=(1, 3))


def nearest(x, rows, cols):
    y, z = [((np.arange(n) + 0.5) * s / n).astype(int) for n, s in ((rows, H), (cols, W))]
    return x[np.ix_(y, z)]


def lanczos(x, rows, cols):
    def weights(n, s):
        stretch = max(1, s / n)
        t = (np.arange(s)[None, :] + 0.5 - (np.arange(n)[:, None] + 0.5) * s / n) / stretch
        w = np.where(np.abs(t) < 3, np.sinc(t) * np.sinc(t / 3), 0)
        return w / w.sum(axis=1, keepdims=True)

    return np.einsum("ih,jw,hwc->ijc", weights(rows, H), weights(cols, W), x)


rows = []


def add(name, options, x, result):
    dtype = "f32" if x is floats else "u8"
    flat = [float(f"{v:.9g}") for v in result.ravel()]
    rows.append({"name": name, "dtype": dtype, "options": options, "shape": list(result.shape), "result": flat})


for border, mode in MODES.items():
    value = 3 if border == "constant" else 0
    options = {"border": border, "value": value}
    add("convolve2d", options, floats, each(floats, lambda a: ndimage.convolve(a, kernel, mode=mode, cval=value)))
    add("gaussianFilter", {"sigma": 2, **options}, floats,
        each(floats, lambda a: ndimage.gaussian_filter(a, 2, mode=mode, cval=value)))
    add("boxFilter", {"size": [9, 5], **options}, floats,
        each(floats, lambda a: ndimage.uniform_filter(a, (9, 5), mode=mode, cval=value)))
add("convolve2d", {}, bytes_, each(bytes_, lambda a: ndimage.convolve(a, kernel / 8)))
add("gaussianFilter", {"sigma": [1, 0.5], "truncate": 3}, bytes_,
    each(bytes_, lambda a: ndimage.gaussian_filter(a, (1, 0.5), truncate=3)))
add("boxFilter", {"size": [3, 5]}, bytes_, each(bytes_, lambda a: ndimage.uniform_filter(a, (3, 5))))
add("medianFilter", {"size": 3}, floats, each(floats, lambda a: ndimage.median_filter(a, 3)))
add("medianFilter", {"size": 5, "border": "mirror"}, floats,
    each(floats, lambda a: ndimage.median_filter(a, 5, mode="mirror")))
add("medianFilter", {"size": 5, "border": "replicate"}, bytes_,
    each(bytes_, lambda a: ndimage.median_filter(a, 5, mode="nearest")))
for x in (floats, bytes_):
    across, down = [each(x, lambda a, axis=axis: ndimage.sobel(a, axis)) for axis in (1, 0)]
    add("sobel", {"of": "x"}, x, across)
    add("sobel", {"of": "y"}, x, down)
    add("sobel", {}, x, np.hypot(across, down))
    for h, w in ((4, 5), (9, 3), (2, 10)):
        for method, made in (("nearest", nearest), ("bilinear", bilinear), ("area", area), ("lanczos3", lanczos)):
            add("resize", {"height": h, "width": w, "method": method}, x, made(x, h, w))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "images.oracle.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
