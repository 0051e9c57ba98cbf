"""Lets `python -m tenure_agent.cli` be the command `tenure-agent`."""

import sys

from tenure_agent.cli import main

sys.exit(main())
