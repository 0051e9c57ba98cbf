"""Lets `python -m tenure_server.cli` be the `tenure` command."""

from tenure_server.cli import main

if __name__ == "__main__":
    main(prog_name="tenure")
