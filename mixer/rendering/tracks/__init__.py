"""The wet material of a mix of single tracks: measured, set, through strips and buses of groups."""
