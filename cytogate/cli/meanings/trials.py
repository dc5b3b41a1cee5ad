"""Codes of specifications of simulated trials."""

from __future__ import annotations

TRIALS: dict[str, tuple[str, str]] = {
    "no-samples": ("nothing is left to simulate or to read", "Look at `missing` of the specification."),
    "out-of-range": ("a number is outside what can be simulated", "Give one within the range."),
    "unknown-sample": ("a specification names a sample that the trial does not have", "Correct the name."),
    "unknown-subject": ("a specification names a patient that the trial does not have", "Correct the name."),
    "wrong-kind": ("a value of a specification is of the wrong kind", "Correct it as the message says."),
    "choice": ("a value is none of those that can be chosen", "Choose one of them."),
    "seed": ("the seed is negative", "Give 0 or more."),
    "patients": ("both `patients` and `subjects` are given", "Keep one of them."),
    "preset": ("there is no preset of this name", "Correct the spelling; the message names the nearest."),
    "subjects": ("a specification names no patients, or one twice", "Name each once."),
    "visit": ("a visit is not written as a week", "Write it as W12."),
    "visits": ("visits are negative, missing or named twice", "Name each week from 0 once."),
}
