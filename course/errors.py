"""The one kind of error whose message is written for the person at the keyboard."""


class CourseError(Exception):
    """Something a person can put right; the message says what is wrong and what to do, in one sentence."""
