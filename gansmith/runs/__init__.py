"""Run folders: begin, play, resume, read."""
