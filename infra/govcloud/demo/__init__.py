"""The demonstration: the whole city on the lab, told step by step."""
