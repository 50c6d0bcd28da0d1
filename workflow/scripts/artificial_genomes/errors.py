"""The one exception that is meant for the person who runs the workflow."""


class UserError(Exception):
    """Something that the user can mend: says what is wrong, where, and what to do.

    The command-line scripts print it as one line and exit with code 2, without a traceback.
    """
