"""A lean HTTP/1.1 listener for decisions: what proxies ask is small, often, and has an answer at once."""
