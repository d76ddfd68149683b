"""How the QQ channel's tables came to be."""
