"""Where keys are kept: a SQL database, opened with :func:`sealstamp.stores.sql.open_store`."""
