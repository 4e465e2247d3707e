"""Why a backup cannot be made or restored, in one line for whoever runs the command."""

from chenu.core.errors import ChenuError


class BackupError(ChenuError):
    """Nothing was changed by the command."""

    code = "BACKUP_FAILED"
