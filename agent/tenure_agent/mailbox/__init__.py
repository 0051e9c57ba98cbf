"""The holder's own mailbox: what the laptop was asked, what it finds, what it switches off (ADR 0026)."""
