"""The ports' real sides: database, clock, signing, files."""
