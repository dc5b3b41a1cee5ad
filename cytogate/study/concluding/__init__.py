"""Concluding: the tests that a study asks for, of every measure, in every group.

`conclusions` asks them, `families` corrects for their number; `responses` and `rates` say who responded.
"""
