"""The Tenure agent: reports a lent laptop and carries out its signed directive."""
