"""The real sides of the agent's ports."""
