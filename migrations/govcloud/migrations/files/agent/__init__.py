"""What is run on a host to scan, read, write and clear a tree; `shipped` brings it there."""
