"""Everything that proves the product: a package of its own name, since one of the test tools installs another `tests`."""
