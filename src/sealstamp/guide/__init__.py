"""What a scheme means to those who have to live with it: its recipe in words, an example, attacks that work."""
