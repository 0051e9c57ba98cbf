"""What the agent does to the machine it runs on: commands and enforcers."""
