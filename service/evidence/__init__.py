"""Says what a foreign paper is among the kinds of evidence, what stands on it, and whether a person must look."""
