"""A city's tenant that does not exist: sign-in and Graph over HTTPS on the loopback, for demo and tests.

Every quirk that the product must live with is in it (ADR 0027); nothing in it reaches beyond this machine.
"""
