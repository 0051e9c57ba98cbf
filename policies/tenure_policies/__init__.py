"""What agent and server agree on: messages, directives and policies; pure, no I/O, no clock."""
