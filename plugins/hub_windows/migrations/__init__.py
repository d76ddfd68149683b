"""How the tables of reply windows came to be."""
