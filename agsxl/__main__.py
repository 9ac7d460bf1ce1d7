"""``python -m agsxl``."""

import sys

from agsxl.cli import main

sys.exit(main())
