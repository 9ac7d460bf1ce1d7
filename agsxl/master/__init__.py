"""The master workbook that officers open, made from text: its sheets, its macros, its ribbon.

``sheets`` makes a workbook's bytes of a plan, ``vba`` the macros, ``ribbon`` puts in the tab, and ``build``
makes the two workbooks that travel with agsxl of all of them.
"""
