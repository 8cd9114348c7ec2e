"""FFmpeg by way of PyAV, which the codecs extra installs: formats that libsndfile lacks."""
