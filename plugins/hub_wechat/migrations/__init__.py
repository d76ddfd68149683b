"""How the media store's tables came to be."""
