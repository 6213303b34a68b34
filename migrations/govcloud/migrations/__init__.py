"""Moving live systems onto the shared platform: what is moved, step by step, and how it is proved."""
