"""Benchmarks: ``make bench`` prints tables and writes them as JSON under ``bench-results/``."""
