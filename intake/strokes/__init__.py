"""Finds thin strokes and letters that stand on or beside a printed line and that the archive lacks."""
