"""Training the band mixer on the powers of stems in bands, which costs milliseconds a step."""
