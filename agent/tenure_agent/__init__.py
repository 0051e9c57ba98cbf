"""The Tenure agent: reports a lent laptop and carries out its signed directive."""

__version__ = "0.1.0"
