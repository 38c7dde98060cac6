"""Measures the clients of the comparison and writes what came out: see `benches/peers/run`."""
