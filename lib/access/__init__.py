"""Who may do what: the policies of the function's role, of the bucket and endpoints, of users."""
