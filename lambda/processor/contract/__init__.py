"""The compiled data contract of a dataset."""
