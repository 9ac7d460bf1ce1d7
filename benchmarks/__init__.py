"""How fast agsxl is, as a ratio to reading the same workbook with its peers in the same run."""
