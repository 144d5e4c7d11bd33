"""Configurations of proxies that ask for decisions: a folder for each kind of proxy, with its files as templates."""
