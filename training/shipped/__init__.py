"""Benchmark of the shipped models."""
