"""The city's directory of accounts and mailboxes, behind one port."""
