// A page without a server: answers are saved as a file. The server puts its own in this place.
Listen.session = null;
