"""What the sections of a scheme file mean, a file for each concept; ``loader`` puts it together."""
