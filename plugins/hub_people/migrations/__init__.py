"""How the tables of who is who came to be."""
