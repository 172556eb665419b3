"""The drills of `make drill`: each breaks something again and again, and counts what was lost, doubled or not found."""
