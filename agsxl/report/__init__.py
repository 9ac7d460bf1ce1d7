"""Tables for people, as workbooks."""
