"""What the workflows do beyond the Makefile's commands."""
