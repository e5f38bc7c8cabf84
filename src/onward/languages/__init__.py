"""What files of code say, read and never run: one package for each language, bytes in, flat tables out."""
