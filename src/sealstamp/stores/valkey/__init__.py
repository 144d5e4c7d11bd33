"""What many machines share in Valkey, or in Redis: replay claims."""
