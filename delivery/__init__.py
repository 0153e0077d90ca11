"""What the workflows do that takes more than a command of the Makefile."""
