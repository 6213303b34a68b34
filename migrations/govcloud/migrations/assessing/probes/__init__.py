"""What is run on a host of today to look at it: plain Python 3.7 and its standard library, nothing else.

Each probe reads its wishes as JSON from standard input and prints one JSON document; it changes nothing. What
it may not read is named in `unread`, and is never taken for absent.
"""
