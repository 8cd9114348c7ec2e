"""Several microphones on one source: found by their names, and kept from cancelling."""
