"""Who may do what: roles of functions and workflows, policies of bucket, endpoints and people."""
