"""Moving live systems: later issues."""
