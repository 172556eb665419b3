"""Makes uploads safe, finds the paper in them and reads what stands on it."""
