"""What shows people the state of the other parts, and changes of them."""
