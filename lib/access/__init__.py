"""Who may do what: the policies of the function's role, the bucket, the endpoints, and users."""
