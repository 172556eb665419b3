"""Keeps rows, objects, entries and the log; nothing here is ever deleted."""
