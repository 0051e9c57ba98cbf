"""Where mail leaves a mailbox by itself, and whether it may: server and agent share the judge (ADR 0025)."""
