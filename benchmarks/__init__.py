"""Benchmarks: each prints ratios against a baseline that is measured in the same run."""
