"""What a scheme must keep to beyond its grammar, a file for each matter; ``checks`` has the order."""
