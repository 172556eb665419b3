"""Scripts that start object stores for the tests on loopback: real ones, and one that lies."""
