"""Several microphones at one source: found by their names, and kept from cancelling."""
