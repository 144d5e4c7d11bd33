"""The domain: APIs, consumers and access keys; their life cycle, their sealing, and what a store must do."""
