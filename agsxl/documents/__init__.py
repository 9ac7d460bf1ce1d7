"""Plans that are no workbooks, as grids."""
