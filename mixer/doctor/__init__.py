"""What is there of everything that mixer needs, what works, and what to do about the rest."""
