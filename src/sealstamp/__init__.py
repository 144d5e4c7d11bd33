"""AccessKey authentication for HTTP APIs, where a scheme is data."""
