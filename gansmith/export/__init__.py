"""Players for use without Gansmith."""
