"""The rules of lending laptops to trustees. Pure: no I/O, no clock."""
