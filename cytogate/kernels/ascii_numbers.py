"""ASCII numbers: find the values of `$DATATYPE/A/` in a block of text, and read them exactly."""

from __future__ import annotations

import numpy as np

from cytogate.kernels._jit import kernel, part

# n = bytes of text, v = values in it

WHOLE, DECIMAL, HARD, INVALID, TOO_LARGE = 0, 1, 2, 3, 4  # forms of a value

ZERO, ONE, TEN = np.uint64(0), np.uint64(1), np.uint64(10)
DIGIT_0 = np.uint64(48)
TENTH = np.uint64(2**64 // 10)
LAST_DIGIT = np.uint64(2**64 % 10)  # of 2**64 itself
EXACT = np.uint64(2**53)
EXACT_POWER = 22  # 10**22 is the largest power of ten that float64 holds
POWERS = 10.0 ** np.arange(EXACT_POWER + 1)
MAX_EXPONENT = 9999  # of a larger one, the number is read by somebody slower


@kernel
def split_values(text, n, begins, ends):
    """Return how many values stand between delimiters, and write where each begins and ends (exclusive).

    Delimiters are space, tab, comma, carriage return and line feed; several in a row count as one.

    Parameters
    ----------
    text : (>= n,) uint8
    begins, ends : (>= (n + 1) // 2,) int64
        Take the places.
    """
    count = 0
    inside = False
    for i in range(n):
        byte = text[i]
        if byte == 32 or byte == 44 or byte == 9 or byte == 13 or byte == 10:
            if inside:
                ends[count] = i
                count += 1
                inside = False
        elif not inside:
            begins[count] = i
            inside = True
    if inside:
        ends[count] = n
        count += 1
    return count


@part
def _is_digit(text, at, end):
    return at < end and 48 <= text[at] <= 57


@part
def _digits(text, at, end, value):
    """Return where digits end, their value joined to `value`, and whether it went beyond 64 bits."""
    over = False
    while _is_digit(text, at, end):
        digit = np.uint64(text[at]) - DIGIT_0
        if value > TENTH or (value == TENTH and digit >= LAST_DIGIT):
            over = True
        if not over:
            value = value * TEN + digit
        at += 1
    return at, value, over


@part
def _exponent(text, at, end):
    """Return where an exponent ends (-1 where it is none), and what it is."""
    negative = at < end and text[at] == 45
    if at < end and (text[at] == 43 or text[at] == 45):
        at += 1
    first, exponent = at, np.int64(0)
    while _is_digit(text, at, end):
        if exponent < MAX_EXPONENT:
            exponent = exponent * 10 + (np.int64(text[at]) - 48)
        at += 1
    if at == first:
        return -1, exponent
    return at, -exponent if negative else exponent


@part
def _read_number(text, at, end, i, whole, decimal):
    signed = at < end and (text[at] == 43 or text[at] == 45)
    negative = signed and text[at] == 45
    if signed:
        at += 1
    point, value, over = _digits(text, at, end, ZERO)
    n_digits = point - at
    if n_digits > 0 and point == end and not signed:
        whole[i] = value
        decimal[i] = np.float64(value)
        return TOO_LARGE if over else WHOLE
    at, exponent = point, 0
    if at < end and text[at] == 46:
        at, value, more = _digits(text, point + 1, end, value)
        over |= more
        exponent = point + 1 - at
        n_digits += at - point - 1
    if n_digits == 0:
        return INVALID
    if at < end and (text[at] == 69 or text[at] == 101):
        at, power = _exponent(text, at + 1, end)
        exponent += power
    if at != end:
        return INVALID
    if over or value > EXACT or abs(exponent) > EXACT_POWER:
        return HARD  # more than one rounding: left to somebody slower
    number = np.float64(value)
    number = number * POWERS[exponent] if exponent >= 0 else number / POWERS[-exponent]
    decimal[i] = -number if negative else number
    return DECIMAL


@kernel
def read_numbers(text, begins, ends, whole, decimal, form):
    """Read the values that stand at places of a text; blanks around them do not count.

    Parameters
    ----------
    text : (n,) uint8
    begins, ends : (v,) int64
        Where each value stands; ends are exclusive.
    whole : (v,) uint64
        Takes unsigned integers.
    decimal : (v,) float64
        Takes all numbers but hard ones, rounded once.
    form : (v,) uint8
        Takes what each is: 0 unsigned integer, 1 another decimal number, 2 one that takes more than one
        rounding (not read), 3 no number, 4 an integer of 2**64 or more.
    """
    for i in range(len(begins)):
        at, end = begins[i], ends[i]
        while at < end and text[at] == 32:
            at += 1
        while end > at and text[end - 1] == 32:
            end -= 1
        form[i] = _read_number(text, at, end, i, whole, decimal)
