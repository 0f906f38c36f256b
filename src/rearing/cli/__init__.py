"""The command line, one file a verb. Importing it loads no torch; every verb imports what it needs when it runs."""

import sys

from rearing.cli.app import app, report_error, resumable
from rearing.cli.audit import audit
from rearing.cli.calibrate import calibrate
from rearing.cli.check import check
from rearing.cli.judge import judge
from rearing.cli.new import new
from rearing.cli.plan import plan
from rearing.cli.play import play
from rearing.cli.report import report
from rearing.cli.run import run
from rearing.cli.seal import seal
from rearing.errors import RearingError

__all__ = ["app", "main"]

for verb in (resumable()(run), plan, check, audit, seal, judge, report, calibrate, play, new):
    app.command()(verb)


def main() -> None:
    """Run the command line; a user's mistake is one sentence on stderr and exit code 2, never a traceback.

    A mistake in a plugin is the user's too.
    """
    try:
        app()
    except RearingError as err:
        sys.exit(report_error(err))
    except Exception as err:
        from rearing.plugins import blame

        if (blamed := blame(err)) is None:
            raise
        sys.exit(report_error(blamed))
