"""The service: decides at the door, passes on what may pass, and tells how it is doing."""
