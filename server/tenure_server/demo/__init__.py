"""An invented city that lives the whole story on one machine."""
