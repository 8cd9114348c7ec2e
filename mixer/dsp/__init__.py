"""Arrays in, arrays out: the signal processing that several rooms share."""
