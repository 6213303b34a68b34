"""What is run on hosts to lead connections on: plain Python 3.7 and its standard library."""
