"""The four checks of a package that arrives: 安全性, 完整性, 真实性, 可用性; each names every difference it finds."""

from service.custody.checks.all_four import Found, checked, passed, unsafe
from service.custody.checks.nouns import Difference

__all__ = ["Difference", "Found", "checked", "passed", "unsafe"]
