"""A plug-in as somebody else would write it. That it was imported can be seen."""

import sys

sys.modules["vendor_x_was_imported"] = sys.modules[__name__]
