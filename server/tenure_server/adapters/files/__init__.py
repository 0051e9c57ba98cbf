"""Files that people bring: how their bytes become tables, and tables the facts of a plan."""
