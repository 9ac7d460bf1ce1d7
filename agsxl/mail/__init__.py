"""Messages to SMT leads: written, previewed, and handed to whatever sends them."""
