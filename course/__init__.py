"""What builds, opens, checks and grades the course: the teacher's and the maintainer's tool."""
