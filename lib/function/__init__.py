"""What the function is deployed with: its bundle, and the largest object it can carry."""
