"""What operators do: each act is one transaction of the store, and its audit entry is written in that very one."""
