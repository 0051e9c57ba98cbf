"""What users and machines ask of the server; I/O only through ports."""
