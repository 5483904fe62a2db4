"""The intake: office data from files into operations, with a report of what is wrong in it."""
