"""What differs between the tree and what a result was made from: which file, which line, whose cause."""
