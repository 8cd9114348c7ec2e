"""The band mixer at render time: levels in bands in, the knobs of a console out."""
