"""Who may do what: roles of functions and state machines, policies of bucket, endpoints, people."""
