"""The one error that a person at the terminal sees."""


class OperatorError(Exception):
    """One sentence: what is wrong and what to do about it. It ends the command with status 1, without a stack trace."""
