"""A whole installation copied elsewhere while it runs, and brought back: database first, then what its rows name.

A target is a folder: `objects/` as in the archive, shared by all backups there, and one folder for each backup in
`backups/` with the database, the keys and other files, the list of its objects and the manifest. All of it can be
proved by sha256sum alone.
"""

from storage.backup.restore import Restored, Server, restore
from storage.backup.take import Taken, take

__all__ = ["Restored", "Server", "Taken", "restore", "take"]
