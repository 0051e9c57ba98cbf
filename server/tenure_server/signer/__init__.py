"""The separate process that alone can release a wipe: manifest in, release out."""
