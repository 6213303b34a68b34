"""Runs on a host whose whole root moves, and on the server that takes it in."""
