"""The management API ``/v1``: what an operator may do to APIs, consumers and access keys, over HTTP."""
