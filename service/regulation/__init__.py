"""The regulation: editions as data, and one small function for each clause that can refuse."""
