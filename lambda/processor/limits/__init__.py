"""The limits of one file: size, time, memory and disk."""
