"""What the management API takes and gives: the types from which server, client and OpenAPI document are made."""
