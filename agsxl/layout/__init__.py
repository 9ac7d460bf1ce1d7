"""Between grids and plans: headings, aliases, cell addresses, and the tables beside the plan."""
