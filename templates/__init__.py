"""Shows: turns a form and its data into a printed, described and frozen paper."""
