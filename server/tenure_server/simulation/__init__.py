"""Whole terms of invented cities, lived through the real use cases and the real agent in simulated time."""
