"""HTTP at the edge: parse, call one use case, present."""
