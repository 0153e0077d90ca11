"""The limits of what one file may take: size, time, memory and disk."""
