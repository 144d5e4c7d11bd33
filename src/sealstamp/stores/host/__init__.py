"""What processes that serve from one store on one host share: memory, and a lock that says who is there."""
