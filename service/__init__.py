"""service decides: who may do what, by which article, and in which order; the other rooms carry it out."""
