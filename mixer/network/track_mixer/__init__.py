"""The track mixer at render time: what each track is, in; the settings of a console, out."""
