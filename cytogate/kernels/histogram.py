"""Two-dimensional histogram of the events of a mask, for density pictures."""

from __future__ import annotations

from cytogate.kernels._jit import kernel, part


@part
def bin_of(value, low, high, bins):
    """Return the bin of a value between low and high; values beyond the ends are piled on the edge bins."""
    if not low < high:  # an axis without length
        return 0
    position = (value - low) / (high - low) * bins
    if not position > 0.0:  # NaN too, of an axis without end
        return 0
    if position >= bins:
        return bins - 1
    return int(position)


# n = events, b = bins
@kernel
def histogram_2d(x, y, mask, x_low, x_high, y_low, y_high, out):
    """Count events of `mask` (n,) in `out` (b, b): row = bin of y, column = bin of x; NaN is left out."""
    bins = out.shape[0]
    for i in range(len(x)):
        if mask[i] and x[i] == x[i] and y[i] == y[i]:
            out[bin_of(y[i], y_low, y_high, bins), bin_of(x[i], x_low, x_high, bins)] += 1
