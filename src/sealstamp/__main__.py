"""``python -m sealstamp``."""

import sys

from sealstamp.cli import main

sys.exit(main())
