"""What a run answers to files of one's own: pictures, sounds, clips, heads."""
