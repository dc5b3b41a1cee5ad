"""Interop: gating files and objects of other programs, in and out."""
