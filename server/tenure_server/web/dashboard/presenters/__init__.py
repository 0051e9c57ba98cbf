"""From read models to what a template prints: words, tones and geometry. Pure: no I/O, no clock."""
