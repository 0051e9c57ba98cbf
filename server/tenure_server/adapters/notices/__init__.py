"""Notices on their way out: their texts on disk, and the mail server."""
