"""The Tenure server: who may hold a lent laptop and why, and what happens when the right ends."""
