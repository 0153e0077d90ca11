"""The function's bundle, and the largest object that it can process."""
