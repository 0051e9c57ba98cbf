"""A municipality's facts in this process's memory: for simulations and tests, never for an installation."""
