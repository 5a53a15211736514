"""nbgrader's settings, for nbgrader and `course`: solutions/ is its source, exercises/ its release."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "splits-to-bits"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("write your answer here")'}
# Hidden tests would be named in the learner's feedback; ours are cases made from a seed, so there are none.
c.ClearSolutions.enforce_metadata = True

c.Execute.timeout = 30  # seconds a cell; a check stops an endless loop after 10
c.Execute.extra_arguments = ["--log-level=ERROR"]  # else every kernel warns about local TCP
c.Execute.shutdown_kernel = "immediate"  # saves a second a notebook
# A check cell that a learner deleted comes back and gives 0, instead of waiting for a teacher's hand.
c.OverwriteCells.add_missing_cells = True
