"""Single faults, a file for each kind; every function takes a situation and makes the cases that apply."""
