"""DAWproject, which Bitwig, Cubase and Studio One exchange: written, and read back."""
