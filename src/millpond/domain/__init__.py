"""What is true: frozen records and pure rules. No I/O, no clock: time and ids are passed in."""
