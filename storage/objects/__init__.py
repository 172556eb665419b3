"""Stores of immutable bytes, each named by its sha256."""
